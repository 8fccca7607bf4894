import { messageOf } from '../lib/errors.ts';
import { holdsExcerpts, isCode } from './excerpt-claims.ts';
import { checkFixCode } from './fix-code.ts';
import { MAX_LINE, readBlocks } from './markdown.ts';
import { type Report, readStructure } from './structure.ts';

/** A Markdown text's structure; an empty one and the reason where it cannot be read. Never throws. */
export async function readReport(markdown: string): Promise<{ structure: Report; problem: string | null }> {
  try {
    const structure = readStructure(await readBlocks(markdown));
    refuseLongText(structure);
    await checkFixCode(structure);
    return { structure, problem: null };
  } catch (error) {
    return { structure: readStructure([]), problem: messageOf(error) };
  }
}

/** Text in a fence is read line by line as other text is, unless it is an excerpt. */
function refuseLongText({ blocks }: Report): void {
  for (const block of blocks) {
    if (block.kind !== 'code' || isCode(block) || holdsExcerpts(block.scope)) continue;
    if (block.value.split('\n').some((line) => line.length > MAX_LINE))
      throw new Error(`the fence of line ${block.line} has a line of more than ${MAX_LINE} characters`);
  }
}
