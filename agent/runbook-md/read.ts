import { stringify } from 'yaml';
import { z } from 'zod';
import { RunbookError } from '../../lib/errors.ts';
import { validate } from '../runbook/load.ts';
import { manifestSchema } from '../runbook/manifest.ts';
import { type ParsedYaml, parseYaml } from '../runbook/yaml.ts';
import { EXECUTOR, type Executor, executorSchema } from './frontmatter.ts';
import { guideFrom, rubricFrom } from './read-sections.ts';
import { readSteps } from './read-steps.ts';
import { readOutputs, readParameters, type TableParameter, withoutPrefix } from './read-tables.ts';
import { type Section, splitSections, withoutGenerated } from './sections.ts';
import { slug } from './slug.ts';

export interface ReadRunbook {
  name: string;
  /** Files of the runbook's folder, by path. */
  files: Map<string, string>;
  /** What could not be taken over, for people. */
  notes: string[];
}

const text = z.union([z.string(), z.number()]).transform(String);
const secret = z.looseObject({
  env: z.string().optional(),
  description: z.string().nullish(),
  required: z.boolean().optional(),
});

/** What is read of the public frontmatter; other keys are of other programs. */
const frontmatter = z.looseObject({
  version: text,
  evaluation: z.enum(['programmatic', 'rubric', 'visual']),
  agent: z.string().default('claude-code'),
  model: text.default('anthropic/claude-sonnet-4.6'),
  model_provider: z.string().nullish(),
  snapshot: z.string().nullish(),
  primary_outputs: z.union([z.string(), z.array(z.string())]).nullish(),
  secrets: z.record(z.string(), secret.nullable()).nullish(),
  [EXECUTOR]: executorSchema.optional(),
});

/**
 * Reads a RUNBOOK.md, ours or a public one, as the files of a runbook's folder.
 * @param source the file's text
 * @param file its name, for errors
 * @throws RunbookError `runbook_invalid` naming file, line and field
 */
export async function readRunbook(source: string, file: string): Promise<ReadRunbook> {
  const lines = source.replace(/^\uFEFF/u, '').split(/\r?\n/u);
  const { parsed, end } = readFrontmatter(lines, file);
  const front = validate(frontmatter, parsed, file) as z.output<typeof frontmatter>;
  const executor = front[EXECUTOR] as Executor | undefined;
  const { preamble, sections } = splitSections(lines.slice(end), end + 1);
  const required = (title: string, pattern: RegExp) => find(sections, pattern) ?? missing(file, title);
  const objective = required('## Objective', /^Objective\b/iu);
  const { outputs, notes } = readOutputs(required('## REQUIRED OUTPUT FILES', /^REQUIRED OUTPUT/iu));
  const paths = outputs.map(({ path }) => path);
  const table = find(sections, /^Parameters\b/iu);
  const parameters = table ? readParameters(table) : [];
  const names = new Set(parameters.map(({ name }) => name));
  const title = titleOf(preamble) ?? missing(file, '# Title');
  const steps = readSteps(sections, { names, executor, outputs: paths });
  if (steps.files.size === 0) missing(file, '## Step 1: …');
  const [description = '', ...more] = withoutGenerated(objective.lines.join('\n'))
    .trim()
    .split(/\n\s*\n/u);
  const primary = [front.primary_outputs ?? []].flat().map(withoutPrefix);
  for (const name of primary)
    if (!paths.includes(name)) notes.push(`primary_outputs: ${name} is none of the files of the manifest`);
  const rubric = await rubricFrom(sections, front.evaluation);
  const guide = guideFrom(sections, more.join('\n\n').trim(), executor !== undefined);
  const { version, agent, model, model_provider, snapshot, secrets } = front;
  const manifest = {
    ...{ version, name: executor?.name ?? slug(title), title, description: description.replace(/\s+/gu, ' ').trim() },
    evaluation: front.evaluation === 'programmatic' ? 'programmatic' : 'rubric',
    ...{ agent, model },
    ...(model_provider ? { model_provider } : {}),
    ...(snapshot ? { snapshot } : {}),
    ...(executor?.builtin_tools ? { builtin_tools: executor.builtin_tools } : {}),
    primary_outputs: primary.filter((name) => paths.includes(name)),
    secrets: Object.fromEntries(Object.entries(secrets ?? {}).map(([name, spec]) => [name, secretOf(name, spec)])),
    parameters: Object.fromEntries(parameters.map((each) => [each.name, parameterOf(each, executor)])),
    outputs: outputs.map(({ path, description, required }) => ({
      path,
      description,
      ...(required ? {} : { required }),
    })),
    steps: [...steps.files.keys()],
    ...(steps.mend ? { mend: steps.mend.file } : {}),
    ...(rubric === undefined ? {} : { rubric: RUBRIC }),
    ...(guide === undefined ? {} : { guide: GUIDE }),
  };
  const lineOf = linesOf(parsed, { parameters, outputs });
  validate(manifestSchema, { value: manifest, lineOf }, file);
  const files = new Map([['runbook.yaml', stringify(manifest, { lineWidth: 0 })], ...steps.files]);
  if (steps.mend) files.set(steps.mend.file, steps.mend.text);
  if (rubric !== undefined) files.set(RUBRIC, rubric);
  if (guide !== undefined) files.set(GUIDE, guide);
  return { name: manifest.name, files, notes };
}

const RUBRIC = 'rubric.md';
const GUIDE = 'guide.md';

function readFrontmatter(lines: readonly string[], file: string): { parsed: ParsedYaml; end: number } {
  const close = lines.findIndex((line, index) => index > 0 && /^---[ \t]*$/u.test(line));
  if (!/^---[ \t]*$/u.test(lines[0] ?? '') || close < 0)
    throw new RunbookError('runbook_invalid', `${file}:1: there is no frontmatter.`, {
      at: `${file}:1`,
      hint: 'A RUNBOOK.md begins with a line ---, then version, evaluation, agent, model and secrets as YAML, then another line ---.',
    });
  return { parsed: parseYaml(lines.slice(1, close).join('\n'), file, (line) => line + 1), end: close + 1 };
}

function find(sections: readonly Section[], pattern: RegExp): Section | undefined {
  return sections.find(({ title, step }) => step === undefined && pattern.test(title));
}

function missing(file: string, what: string): never {
  throw new RunbookError('runbook_invalid', `${file}:1: there is no heading "${what}".`, {
    at: `${file}:1`,
    hint: 'A RUNBOOK.md has a title and the sections Objective, REQUIRED OUTPUT FILES (MANDATORY), Parameters, and Step 1 to N.',
  });
}

function titleOf(preamble: readonly string[]): string | undefined {
  return preamble.map((line) => /^#[ \t]+(.+?)[ \t#]*$/u.exec(line)?.[1]).find((title) => title !== undefined);
}

function secretOf(name: string, spec: z.infer<typeof secret> | null) {
  return { env: spec?.env ?? name, description: spec?.description ?? '', required: spec?.required ?? true };
}

/** With the type and bounds that the frontmatter knows, or with the type that its default looks like. */
function parameterOf({ name, standard, description }: TableParameter, executor: Executor | undefined) {
  const known = executor?.parameters[name];
  const type = known?.type ?? typeOf(standard);
  const isGiven = standard === undefined || (standard === '' && known?.required === true);
  const value = isGiven ? {} : { default: typed(standard, type) };
  return { ...known, type, ...value, description, ...(isGiven ? { required: true } : {}) };
}

function typeOf(standard: string | undefined): string {
  if (standard === 'true' || standard === 'false') return 'boolean';
  if (/^-?\d{1,15}$/u.test(standard ?? '')) return 'integer';
  return /^-?\d+\.\d+$/u.test(standard ?? '') ? 'number' : 'string';
}

/** A text that is no value of the type stays as it is, so that the manifest's check names it. */
function typed(standard: string, type: string): string | number | boolean {
  if (type === 'boolean' && /^(?:true|false)$/u.test(standard)) return standard === 'true';
  const number = Number(standard);
  return type !== 'string' && standard.trim() !== '' && Number.isFinite(number) ? number : standard;
}

/** Where a field of the manifest stands in the file. */
function linesOf(
  parsed: ParsedYaml,
  { parameters, outputs }: { parameters: readonly TableParameter[]; outputs: readonly { line: number }[] },
): ParsedYaml['lineOf'] {
  return (path) => {
    const [field, key] = path;
    if (field === 'parameters')
      return parameters.find(({ name }) => name === key)?.line ?? parsed.lineOf([EXECUTOR, ...path]);
    if (field === 'outputs') return outputs[Number(key)]?.line ?? 1;
    return field === 'name' || field === 'builtin_tools' ? parsed.lineOf([EXECUTOR, ...path]) : parsed.lineOf(path);
  };
}
