import { z } from 'zod';
import { oneLine, truncate } from '../../lib/format.ts';

const vote = z.object({
  evidence: z.array(z.object({ quote: z.string(), where: z.string() })),
  missing: z.array(z.string()),
  reasoning: z.string().trim().min(1),
  cannot_judge: z.boolean(),
  score: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4), z.literal(5)]),
});
export type Vote = z.infer<typeof vote>;

/** The same for the model's side, where it takes a schema. */
export function voteSchema(): Record<string, unknown> {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(vote);
  return schema;
}

/** A score of this or more must rest on words of the report. */
const NEEDS_EVIDENCE = 3;
/** Shorter words are found in any report; they are evidence only where they are a whole line of it. Characters. */
const MIN_QUOTE = 20;
/** A longer answer is no vote, characters. */
const MAX_ANSWER = 64_000;
/** What is kept of a vote: a judge's words are bounded like everything that comes from outside. */
const KEPT = { texts: 20, characters: 2000 };

export type ReadVote = { vote: Vote } | { void: string };

/**
 * A vote as a model wrote it. It counts only where it is whole, gives reasons, and quotes words that the report holds: what cannot be
 * checked is no vote.
 */
export function readVote(text: string, report: string): ReadVote {
  if (text.length > MAX_ANSWER) return { void: `the answer has ${text.length} characters` };
  const json = jsonIn(text);
  if (json === undefined) return { void: 'the answer is not a JSON object' };
  const parsed = vote.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { void: `${issue?.path.join('.') || 'the answer'}: ${issue?.message ?? 'not valid'}` };
  }
  const { evidence, cannot_judge, score } = parsed.data;
  if (cannot_judge) return { void: 'it says that it cannot judge' };
  const words = plain(report);
  const quotes = evidence.map(({ quote }) => plain(quote));
  const invented = quotes.find((quote) => quote === '' || !words.includes(quote));
  if (invented !== undefined)
    return { void: `it quotes what the report does not say: ${JSON.stringify(invented.slice(0, 80))}` };
  if (score >= NEEDS_EVIDENCE && !quotes.some((quote) => says(quote, report)))
    return { void: `it gives ${score} without quoting a passage or a whole line` };
  return { vote: bounded(parsed.data) };
}

/** Whether a quotation is long enough to be found by more than chance, or a whole line with a word in it. */
function says(quote: string, report: string): boolean {
  if (quote.length >= MIN_QUOTE) return true;
  return /\p{L}{3}/u.test(quote) && report.split('\n').some((line) => plain(line) === quote);
}

function bounded(whole: Vote): Vote {
  const short = (text: string) => truncate(text, KEPT.characters);
  return {
    ...whole,
    evidence: whole.evidence
      .slice(0, KEPT.texts)
      .map(({ quote, where }) => ({ quote: short(quote), where: short(where) })),
    missing: whole.missing.slice(0, KEPT.texts).map(short),
    reasoning: short(whole.reasoning),
  };
}

/** One object, alone or in a code fence: an answer with two could mean either. */
function jsonIn(text: string): unknown {
  const bare = /^\s*```(?:json)?\s*([\s\S]*?)\s*```\s*$/u.exec(text)?.[1] ?? text;
  try {
    const value: unknown = JSON.parse(bare);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Words without Markdown's marks, white space and case. */
function plain(text: string): string {
  return oneLine(text)
    .replace(/[*_`|#>\\]/gu, '')
    .replace(/\s+/gu, ' ')
    .trim()
    .toLowerCase();
}
