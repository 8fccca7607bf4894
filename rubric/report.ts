import { messageOf } from '../lib/errors.ts';
import { checkFixCode } from './fix-code.ts';
import { readBlocks } from './markdown.ts';
import { type Report, readStructure } from './structure.ts';

/** A Markdown text's structure; an empty one and the reason where it cannot be read. Never throws. */
export async function readReport(markdown: string): Promise<{ structure: Report; problem: string | null }> {
  try {
    const structure = readStructure(await readBlocks(markdown));
    await checkFixCode(structure);
    return { structure, problem: null };
  } catch (error) {
    return { structure: readStructure([]), problem: messageOf(error) };
  }
}
