import { type PythonCode, pythonReader } from './python.ts';
import type { CodePiece, Report, ReportRecommendation } from './structure.ts';

/**
 * Reads the code of every fix and says in `codeFaults` what is wrong with it: no pair of before and after, a block that does not parse, one
 * that does nothing, or two that do the same. The parser is loaded where there is code to read.
 */
export async function checkFixCode({ recommendations }: Report): Promise<void> {
  if (recommendations.every(({ code }) => code.blocks.length === 0)) {
    for (const recommendation of recommendations) recommendation.codeFaults = [NO_PAIR];
    return;
  }
  const read = await pythonReader();
  for (const recommendation of recommendations) recommendation.codeFaults = faultsOf(recommendation, read);
}

const NO_PAIR = 'code before and after';

function faultsOf({ code }: ReportRecommendation, read: (code: string) => PythonCode): string[] {
  const broken = code.blocks.flatMap((block) => parseFault(block, read) ?? []);
  if (broken.length > 0) return broken;
  if (!code.pair) return [NO_PAIR];
  const [before, after] = code.pair.map((piece) => ({ ...piece, ...read(piece.value) })) as [Piece, Piece];
  const torn = [before, after].flatMap((piece) => parseFault(piece, read) ?? []);
  if (torn.length > 0) return torn;
  for (const [name, piece] of [['before', before] as const, ['after', after] as const]) {
    if (!piece.acts) return [`code that does something in ${name} (line ${piece.line})`];
  }
  const same = before.tokens.length === after.tokens.length && before.tokens.every((t, i) => t === after.tokens[i]);
  return same ? [`a difference between before and after (line ${after.line})`] : [];
}

type Piece = CodePiece & PythonCode;

function parseFault({ value, line }: CodePiece, read: (code: string) => PythonCode): string | null {
  const { fault } = read(value);
  return fault && `code that parses (line ${line + fault.line - 1}: ${fault.message})`;
}
