import { z } from 'zod';
import { RunbookError } from '../lib/errors.ts';
import { defineTool } from './tool.ts';

const MAX_BYTES = 5_000_000;

export const writeArtifact = defineTool({
  name: 'write_artifact',
  description:
    'Writes a text file into the results dir (atomically, at most 5 MB). The path is relative and stays inside. JSON files must parse. Example: {"path": "data/notes.json", "content": "{\\"checked\\": true}"}',
  input: z.strictObject({ path: z.string().min(1).max(200), content: z.string() }),
  output: z.object({ path: z.string(), bytes: z.number() }),
  writes: 'any artifact',
  asks: 'artifacts',
  async run({ path, content }, context) {
    const bytes = Buffer.byteLength(content);
    if (bytes > MAX_BYTES) {
      throw new RunbookError(
        'tool_input',
        `${path}: ${bytes} bytes are more than the ${MAX_BYTES} that an artifact may hold.`,
        {
          at: 'content',
          hint: 'Split it, or write an aggregate.',
        },
      );
    }
    const relative = context.results.relative(path);
    if (path.endsWith('.json')) assertJson(path, content);
    await context.results.write(path, content);
    return { path: relative, bytes };
  },
});

function assertJson(path: string, content: string): void {
  try {
    JSON.parse(content);
  } catch (cause) {
    throw new RunbookError('tool_input', `${path} would not be valid JSON: ${(cause as Error).message}`, {
      at: 'content',
      cause,
    });
  }
}
