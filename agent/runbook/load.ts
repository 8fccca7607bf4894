import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { z } from 'zod';
import { messageOf, RunbookError } from '../../lib/errors.ts';
import { packageRoot } from '../../lib/package-root.ts';
import { manifestSchema, type Runbook, type Step, stepSchema } from './manifest.ts';
import { parseYaml } from './yaml.ts';

/** The folder of the runbook that ships with the project. */
export function bundledRunbook(): string {
  return path.join(packageRoot(), 'runbook');
}

/**
 * Loads a runbook folder (`runbook.yaml` and its step files).
 * @throws RunbookError `usage` where there is none, `runbook_invalid` naming file, line and field
 */
export function loadRunbook(given: string = bundledRunbook()): Runbook {
  const dir = path.resolve(given);
  const file = path.join(dir, 'runbook.yaml');
  if (!existsSync(dir) || !statSync(dir).isDirectory() || !existsSync(file)) {
    throw new RunbookError('usage', `${given} is no runbook: there is no runbook.yaml in it.`, {
      at: given,
      hint: 'Give a folder with runbook.yaml and steps/.',
    });
  }
  const text = readFileSync(file, 'utf8');
  const manifest = validate(manifestSchema, parseYaml(text, 'runbook.yaml', 0), 'runbook.yaml');
  const hash = createHash('sha256').update(text);
  const steps = manifest.steps.map((name, index) => {
    const step = loadStep(dir, name, index + 1);
    hash.update(name).update(step.source);
    return step.step;
  });
  const twice = steps.find((step, index) => steps.findIndex((other) => other.id === step.id) !== index);
  if (twice)
    throw new RunbookError('runbook_invalid', `${twice.file}: the id "${twice.id}" is used by another step.`, {
      at: `${twice.file}: id`,
    });
  return { manifest, steps, dir, digest: hash.digest('hex') };
}

function loadStep(dir: string, name: string, number: number): { step: Step; source: string } {
  const file = path.resolve(dir, name);
  if (!file.startsWith(dir + path.sep) || !existsSync(file)) {
    throw new RunbookError(
      'runbook_invalid',
      `runbook.yaml: steps names ${name}, which does not exist in the runbook's folder.`,
      { at: 'runbook.yaml: steps' },
    );
  }
  const source = readFileSync(file, 'utf8');
  const match = /^---\r?\n([\s\S]*?)\r?\n---\r?\n/u.exec(source);
  if (!match) {
    throw new RunbookError('runbook_invalid', `${name}:1: the step has no frontmatter.`, {
      at: `${name}:1`,
      hint: 'Begin the file with --- id, title, tools, outputs ---.',
    });
  }
  const front = validate(stepSchema, parseYaml(match[1] ?? '', name, 1), name);
  const bodyLine = match[0].split('\n').length;
  return { step: { ...front, number, file: name, body: source.slice(match[0].length), bodyLine }, source };
}

/** Checks a parsed YAML value; the first problem is named with its file, line and field. */
function validate<T>(schema: z.ZodType<T>, parsed: ReturnType<typeof parseYaml>, file: string): T {
  const result = schema.safeParse(parsed.value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join('.') ?? '';
  const extra = issue?.code === 'unrecognized_keys' ? ` (${issue.keys.join(', ')})` : '';
  const line = parsed.lineOf(issue?.path ?? []);
  throw new RunbookError(
    'runbook_invalid',
    `${file}:${line}: ${field || 'the file'}: ${issue?.message ?? messageOf(result.error)}${extra}`,
    { at: `${file}:${line}` },
  );
}
