import type { ResultsDir } from '../tools/results-dir.ts';
import { agentModel } from './drivers/claude/models.ts';
import { type Provider, plainId } from './drivers/claude/providers.ts';
import { EVENTS } from './results.ts';

/** Known models that judge, the cheapest first; one of another family than the authors', since models are kind to their own words. */
const JUDGES = [
  { family: 'haiku', model: 'claude-haiku-4-5' },
  { family: 'sonnet', model: 'claude-sonnet-4-6' },
  { family: 'opus', model: 'claude-opus-4-8' },
] as const;

/**
 * The model that judges, in a spelling that the provider takes: as the user insists, else the rubric's, unless that one wrote the report
 * itself.
 * @param names.authors ids of the models that wrote the report, where models did
 * @throws RunbookError `usage` for a model that is not known
 */
export async function judgeModel(
  names: { insisted?: string | undefined; rubric?: string | undefined; authors: readonly string[] },
  provider: Provider,
): Promise<string> {
  const { insisted, rubric, authors } = names;
  if (insisted !== undefined) return insisted;
  if (rubric !== undefined && !authors.includes((await agentModel(rubric, provider)).id)) return rubric;
  const other = JUDGES.find(({ family }) => !authors.some((author) => author.includes(family)));
  return (other ?? JUDGES.find(({ model }) => !authors.includes(model)) ?? JUDGES[0]).model;
}

/** The models that wrote and mended the report of a results dir, as the run's log has them; none where nothing names one. */
export function authorsOf(results: ResultsDir): string[] {
  if (!results.exists(EVENTS)) return [];
  const lines = results.readText(EVENTS).split('\n');
  const models = lines.flatMap((line) => (line.includes('"generation"') ? (modelIn(line) ?? []) : []));
  return [...new Set(models)];
}

/** The judge's own requests are in the log, too. */
function modelIn(line: string): string | undefined {
  try {
    const { type, properties } = JSON.parse(line) as { type?: unknown; properties?: Record<string, unknown> };
    const model = properties?.$ai_model;
    return type === 'generation' && properties?.$ai_span_name !== 'judge' && typeof model === 'string'
      ? plainId(model).slice(0, 200)
      : undefined;
  } catch {
    return undefined;
  }
}
