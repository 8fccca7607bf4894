import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { z } from 'zod';
import { messageOf, RunbookError } from '../../lib/errors.ts';
import { packageRoot } from '../../lib/package-root.ts';
import { toolNames } from '../../tools/registry.ts';
import { knownNames } from '../nearest.ts';
import { manifestSchema, type Runbook, type Step, stepSchema } from './manifest.ts';
import { type ParsedYaml, parseYaml } from './yaml.ts';

const MANIFEST = 'runbook.yaml';

/** The folder of the runbook that ships with the project. */
export function bundledRunbook(): string {
  return path.join(packageRoot(), 'runbook');
}

/** True for a folder that holds a runbook. */
export function isRunbook(dir: string): boolean {
  return existsSync(path.join(dir, MANIFEST));
}

/**
 * Loads a runbook folder (`runbook.yaml` and its step files); without one, the runbook that ships with the project.
 * @throws RunbookError `usage` where there is none, `runbook_invalid` naming file, line and field
 */
export function loadRunbook(given: string = bundledRunbook()): Runbook {
  const dir = path.resolve(given);
  if (!isRunbook(dir)) {
    throw new RunbookError('usage', `${given} is no runbook: there is no ${MANIFEST} in it.`, {
      at: given,
      hint: `Give a folder that holds ${MANIFEST} and steps/, or none for the PostHog Trace Optimizer.`,
    });
  }
  const text = readText(dir, MANIFEST);
  const parsed = parseYaml(text, MANIFEST, (line) => line);
  const manifest = validate(manifestSchema, parsed, MANIFEST);
  const hash = createHash('sha256').update(text);
  const steps = manifest.steps.map((file, index) => {
    const place = `${MANIFEST}:${parsed.lineOf(['steps', index])}`;
    const source = stepText(dir, file, place);
    hash.update(`\0${file}\0`).update(source);
    return parseStep(source, file, index + 1);
  });
  const extra = ['mend', 'rubric', 'guide'] as const;
  const texts = Object.fromEntries(
    extra.flatMap((key) => {
      const file = manifest[key];
      if (file === undefined) return [];
      const source = stepText(dir, file, `${MANIFEST}:${parsed.lineOf([key])}`);
      hash.update(`\0${file}\0`).update(source);
      return [[key, source]];
    }),
  );
  const mend = manifest.mend && texts.mend ? parseStep(texts.mend, manifest.mend, steps.length + 1) : undefined;
  refuseTwins(mend ? [...steps, mend] : steps);
  return { manifest, steps, ...(mend ? { mend } : {}), dir, digest: hash.digest('hex') };
}

function readText(dir: string, file: string): string {
  try {
    return readFileSync(path.join(dir, file), 'utf8').replace(/^\uFEFF/u, '');
  } catch (cause) {
    throw new RunbookError('runbook_invalid', `${file} cannot be read: ${messageOf(cause)}`, { at: file, cause });
  }
}

function stepText(dir: string, file: string, place: string): string {
  const full = path.resolve(dir, file);
  if (!full.startsWith(dir + path.sep) || !existsSync(full) || !statSync(full).isFile()) {
    throw new RunbookError('runbook_invalid', `${place}: steps: there is no file ${file} in the runbook's folder.`, {
      at: place,
      hint: 'Steps are named by their path below the runbook, for instance steps/01-connect.md.',
    });
  }
  return readText(dir, file);
}

/** Reads a step file: frontmatter between two lines `---`, then the Markdown template. */
function parseStep(source: string, file: string, number: number): Step {
  const match = /^---[ \t]*\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n|$)/u.exec(source);
  if (!match) {
    throw new RunbookError('runbook_invalid', `${file}:1: the step has no frontmatter.`, {
      at: `${file}:1`,
      hint: 'Begin the file with a line ---, then id, title, tools and outputs, then another line ---.',
    });
  }
  const parsed = parseYaml(match[1] ?? '', file, (line) => line + 1);
  const front = validate(stepSchema, parsed, file);
  front.tools.forEach((tool, index) => {
    if (toolNames.includes(tool)) return;
    const at = `${file}:${parsed.lineOf(['tools', index])}`;
    const hint = knownNames(tool, toolNames, 'Tools');
    throw new RunbookError('runbook_invalid', `${at}: tools: there is no tool called "${tool}".`, { at, hint });
  });
  return { ...front, number, file, body: source.slice(match[0].length), bodyLine: match[0].split('\n').length };
}

function refuseTwins(steps: readonly Step[]): void {
  const seen = new Map<string, Step>();
  for (const step of steps) {
    const first = seen.get(step.id);
    if (first) {
      throw new RunbookError('runbook_invalid', `${step.file}: id: "${step.id}" is the id of ${first.file} too.`, {
        at: step.file,
        hint: 'Give each step an id of its own.',
      });
    }
    seen.set(step.id, step);
  }
}

/** Checks a parsed YAML value; the first problem is named with its file, line and field. */
export function validate<T>(schema: z.ZodType<T>, parsed: ParsedYaml, file: string): T {
  const result = schema.safeParse(parsed.value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const field = [...(issue?.path ?? []), ...unknown];
  const at = `${file}:${parsed.lineOf(field)}`;
  const name = field.map(String).join('.') || 'the file';
  throw new RunbookError('runbook_invalid', `${at}: ${name}: ${issue?.message ?? 'not valid'}`, { at });
}
