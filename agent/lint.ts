import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { messageOf, RunbookError } from '../lib/errors.ts';
import { loadTool } from '../tools/registry.ts';
import { ResultsDir } from '../tools/results-dir.ts';
import { resolveParameters } from './parameters.ts';
import { renderStep } from './render.ts';
import type { Runbook, Step } from './runbook/manifest.ts';
import { type ToolBlock, toolBlocks } from './runbook/tool-blocks.ts';

/**
 * Problems of a runbook that loading does not show: each step is rendered with the default parameters and no artifacts, each block is checked
 * against its tool's schema, and every output of the manifest must be left by some step. Each problem names file and line.
 */
export async function lintRunbook(runbook: Runbook): Promise<string[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'runbook-lint-'));
  try {
    const results = ResultsDir.create(folder, { overwrite: true });
    const params = resolveParameters(runbook.manifest, requiredSamples(runbook));
    const window = { from: new Date('2026-01-01T00:00:00Z'), to: new Date('2026-01-31T00:00:00Z') };
    const problems: string[] = [];
    for (const step of runbook.steps)
      problems.push(
        ...(await lintStep(step, () => renderStep(step, { params, window, run: { id: 'lint' }, results }))),
      );
    return [...problems, ...lintOutputs(runbook)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function requiredSamples(runbook: Runbook): Record<string, string> {
  const missing = Object.entries(runbook.manifest.parameters).filter(([, spec]) => spec.default === undefined);
  return Object.fromEntries(
    missing.map(([name, spec]) => [
      name,
      spec.type === 'string' ? 'sample' : spec.type === 'boolean' ? 'true' : String(spec.min ?? 1),
    ]),
  );
}

async function lintStep(step: Step, render: () => string): Promise<string[]> {
  let blocks: ToolBlock[];
  try {
    blocks = toolBlocks(render(), step.file, step.bodyLine);
  } catch (error) {
    return [messageOf(error)];
  }
  const problems: string[] = [];
  for (const block of blocks) {
    const problem = await lintBlock(step, block);
    if (problem) problems.push(`${step.file}:${problem}`);
  }
  return problems;
}

async function lintBlock(step: Step, block: ToolBlock): Promise<string | undefined> {
  if (!step.tools.includes(block.tool))
    return `${block.line}: the step may not call ${block.tool} (its tools: ${step.tools.join(', ') || 'none'})`;
  try {
    const tool = await loadTool(block.tool);
    const parsed = tool.input.safeParse(block.input);
    const [issue] = parsed.error?.issues ?? [];
    return issue && `${block.lineOf(issue.path)}: ${block.tool}.${issue.path.join('.') || 'input'}: ${issue.message}`;
  } catch (error) {
    if (error instanceof RunbookError) return `${block.line}: ${error.message}`;
    throw error;
  }
}

function lintOutputs({ manifest, steps }: Runbook): string[] {
  const left = new Set(steps.flatMap((step) => step.outputs));
  return manifest.outputs
    .filter((output) => !left.has(output.path))
    .map((output) => `runbook.yaml: outputs: no step leaves ${output.path}`);
}
