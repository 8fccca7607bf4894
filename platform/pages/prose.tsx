import { raw } from 'hono/html';
import { RunbookError } from '../../lib/errors.ts';
import { renderMarkdown } from '../../tools/report-page/markdown.ts';

/** One page holds up all others while it is rendered. */
export const RENDER_MS = 2_000;

/** Somebody's Markdown as safe HTML; as it is, where that would take too long. @param prefix of the ids of its headings */
export async function prose(text: string, prefix?: string) {
  try {
    const options = { load: () => undefined, ms: RENDER_MS, ...(prefix === undefined ? {} : { prefix }) };
    return raw((await renderMarkdown(text, options)).html);
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    return <pre>{text}</pre>;
  }
}
