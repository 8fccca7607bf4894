import { messageOf, RunbookError } from '../lib/errors.ts';
import { loadTool } from '../tools/registry.ts';
import { lookup } from './artifacts.ts';
import { firstIssue } from './call-tool.ts';
import { knownNames } from './nearest.ts';
import { resolveParameters } from './parameters.ts';
import { renderStep } from './render.ts';
import { gradingOf } from './rounds.ts';
import type { Runbook, Step } from './runbook/manifest.ts';
import { type ToolBlock, toolBlocks } from './runbook/tool-blocks.ts';
import type { LineAt } from './runbook/yaml.ts';

export interface LintReport {
  /** Each names file and line. */
  problems: string[];
  /** What only a run can tell: fields whose values come from artifacts. */
  unchecked: string[];
}

/** Stands for any value that an artifact will hold. */
const SAMPLE = '«artifact value»';

/**
 * What loading a runbook does not show: each step is rendered with the default parameters and sample values for artifacts, each block is
 * checked against its tool's schema, and every output of the manifest must be left by some step.
 */
export async function lintRunbook(runbook: Runbook): Promise<LintReport> {
  const report: LintReport = { problems: [], unchecked: [] };
  const { steps, mend } = runbook;
  for (const step of mend ? [...steps, mend] : steps) await lintStep(step, runbook, report);
  await gradingOf(runbook).catch((error: unknown) => report.problems.push(messageOf(error)));
  const left = new Set(runbook.steps.flatMap((step) => step.outputs));
  for (const { path } of runbook.manifest.outputs) {
    if (!left.has(path)) report.problems.push(`runbook.yaml: outputs: no step leaves ${path}`);
  }
  for (const path of runbook.manifest.primary_outputs) {
    if (!runbook.manifest.outputs.some((output) => output.path === path)) {
      report.problems.push(`runbook.yaml: primary_outputs: ${path} is none of the outputs`);
    }
  }
  return report;
}

async function lintStep(step: Step, runbook: Runbook, report: LintReport): Promise<void> {
  const allowed = new Set(step.tools);
  try {
    const { text, lineAt } = renderSample(step, runbook);
    for (const block of toolBlocks(text, step.file, lineAt)) {
      if (!allowed.has(block.tool)) report.problems.push(notAllowed(step, block));
      else await lintInput(step, block, report);
    }
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    report.problems.push(messageOf(error));
  }
}

function renderSample(step: Step, { manifest }: Runbook): { text: string; lineAt: LineAt } {
  return renderStep(step, {
    params: resolveParameters(manifest, requiredSamples(manifest.parameters)),
    window: { from: new Date('2026-01-01T00:00:00Z'), to: new Date('2026-01-31T00:00:00Z') },
    run: { id: '00000000-0000-4000-8000-000000000000' },
    resultsDir: '/results',
    artifacts: sampleArtifacts(),
  });
}

function requiredSamples(parameters: Runbook['manifest']['parameters']): Record<string, string> {
  const missing = Object.entries(parameters).filter(([, spec]) => spec.default === undefined);
  const samples = { string: 'sample', boolean: 'true', integer: '1', number: '1' };
  return Object.fromEntries(missing.map(([name, { type, min, max }]) => [name, String(min ?? max ?? samples[type])]));
}

/** Answers to every name with another such object, which reads as a text, a list of one, and true. */
function sampleArtifacts(): Record<string, unknown> {
  const ends: Record<string, unknown> = { toString: () => SAMPLE, toJSON: () => SAMPLE, length: 1 };
  const sample = (): Record<string, unknown> =>
    new Proxy(
      lookup((name) => (name in ends ? ends[name] : sample())),
      { ownKeys: () => ['sample'] },
    );
  return sample();
}

function notAllowed(step: Step, block: ToolBlock): string {
  return `${step.file}:${block.line}: the step may not call ${block.tool}. ${knownNames(block.tool, step.tools, 'It may call')}`;
}

async function lintInput(step: Step, block: ToolBlock, report: LintReport): Promise<void> {
  const tool = await loadTool(block.tool);
  const parsed = tool.input.safeParse(block.input);
  if (JSON.stringify(block.input).includes(SAMPLE)) {
    report.unchecked.push(`${step.file}:${block.line}: ${block.tool}: values from artifacts are known in a run only`);
  }
  if (parsed.success) return;
  const { field, path, message } = firstIssue(parsed.error);
  const value = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], block.input);
  if (typeof value === 'string' && value.includes(SAMPLE)) return;
  report.problems.push(`${step.file}:${block.lineOf(path)}: ${block.tool}: ${field}: ${message}`);
}
