import { z } from 'zod';
import { RunbookError } from '../lib/errors.ts';
import { defineTool } from './tool.ts';

/** A page is what a model can read at once without losing its thread. */
const MAX_CHARACTERS = 12_000;

export const readArtifact = defineTool({
  name: 'read_artifact',
  description:
    'Reads a page of a file in the results dir: a CSV, JSON or Markdown file that an earlier call wrote. offset and limit count characters; next_offset is null at the end. Example: {"path": "data/findings.json", "offset": 0, "limit": 4000}',
  input: z.strictObject({
    path: z.string().min(1).max(200),
    offset: z.number().int().min(0).default(0),
    limit: z.number().int().min(1).max(MAX_CHARACTERS).default(4000),
  }),
  output: z.object({
    path: z.string(),
    text: z.string(),
    total_characters: z.number(),
    next_offset: z.number().nullable(),
  }),
  writes: 'nothing',
  asks: 'artifacts',
  async run({ path, offset, limit }, { results }) {
    const relative = results.relative(path);
    if (!results.exists(relative)) {
      throw new RunbookError('tool_input', `There is no artifact ${relative}.`, {
        at: 'path',
        hint: 'The outputs of finished steps and the saved_as of earlier calls name what there is.',
      });
    }
    const text = results.readText(relative);
    const end = Math.min(text.length, offset + limit);
    return {
      path: relative,
      text: text.slice(offset, end),
      total_characters: text.length,
      next_offset: end < text.length ? end : null,
    };
  },
});
