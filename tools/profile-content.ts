import { z } from 'zod';
import { duplicatesSql, outputsSql, prefixSql, repetitionsSql } from '../analysis/content-sql.ts';
import type { EvidenceRow, PrefixRow } from '../analysis/evidence.ts';
import { contentCalls } from '../analysis/sql.ts';
import { PROJECT, type Project } from './probe-project.ts';
import { typed } from './profile-operations.ts';
import { queryRows, text } from './query-rows.ts';
import { defineTool, type ToolContext } from './tool.ts';

export const CONTENT_PROFILE = 'data/content_profile.json';

export interface ContentFile {
  content: Project['content'];
  repeats: EvidenceRow[];
  duplicates: EvidenceRow[];
  outputs: EvidenceRow[];
  tool_loops: EvidenceRow[];
  prefixes: PrefixRow[];
}

export const profileContent = defineTool({
  name: 'profile_content',
  description:
    'Looks at prompts and answers inside the query engine (only counts, hashes and trace ids leave it): identical requests inside and across traces, empty, cut-off and malformed answers, tool loops, shared prompt prefixes. Where the project stores no content it says so and finds nothing. Writes data/content_profile.json. Example: {}',
  input: z.strictObject({}),
  output: z.object({ content: z.string(), flagged: z.record(z.string(), z.number()), saved_as: z.string() }),
  writes: 'own artifacts',
  asks: 'source',
  async run(_input, context) {
    const { content } = context.results.readJson(PROJECT) as Project;
    const file: ContentFile = { content, repeats: [], duplicates: [], outputs: [], tool_loops: [], prefixes: [] };
    if (content !== 'none') Object.assign(file, await readContent(context, content));
    await context.results.writeJson(CONTENT_PROFILE, file);
    const flagged = {
      repeated_requests: file.repeats.length,
      duplicates: file.duplicates.length,
      bad_answers: file.outputs.length,
      tool_loops: file.tool_loops.length,
      shared_prefixes: file.prefixes.length,
    };
    return { content, flagged, saved_as: CONTENT_PROFILE };
  },
});

async function readContent(context: ToolContext, content: 'events' | 'ai_events'): Promise<Partial<ContentFile>> {
  const calls = contentCalls(text(context.params.operation_property), content);
  const evidence = async (name: string, sql: string) =>
    (await queryRows(context, { name: `content: ${name}`, sql })).map((row) =>
      typed<EvidenceRow>(row, ['operation', 'kind', 'trace_id', 'tool']),
    );
  const repetitions = (await evidence('repeated requests and tool loops', repetitionsSql(calls))).sort(
    mostWastefulFirst,
  );
  return {
    repeats: repetitions.filter((row) => row.kind === 'retry_storm'),
    duplicates: await evidence('duplicate requests', duplicatesSql(calls)),
    outputs: await evidence('answers', outputsSql(calls)),
    tool_loops: repetitions.filter((row) => row.kind === 'tool_abuse'),
    prefixes: (await queryRows(context, { name: 'content: shared prefixes', sql: prefixSql(calls) })).map((row) =>
      typed<PrefixRow>(row, ['operation', 'model', 'price_key', 'example_trace']),
    ),
  };
}

function mostWastefulFirst(a: EvidenceRow, b: EvidenceRow): number {
  return (
    compare(a.operation, b.operation) ||
    b.waste - a.waste ||
    Number(b.n) - Number(a.n) ||
    compare(a.trace_id, b.trace_id)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
