import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { scriptedDriver } from '../../agent/drivers/scripted.ts';
import type { RunEvent } from '../../agent/events.ts';
import { liveSource } from '../../agent/opened-source.ts';
import { faultIn } from '../../agent/record/event-fields.ts';
import { runRunbook } from '../../agent/run.ts';
import type { RunOptions, RunOutcome } from '../../agent/run-options.ts';
import { loadRunbook } from '../../agent/runbook/load.ts';
import type { QueryRequest, QueryResult, Source } from '../../sources/source.ts';

/** A folder that goes away with the test. */
export function temporaryFolder(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'runbook-test-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

export const MANIFEST = `version: "1.0.0"
name: toy
title: Toy runbook
description: For tests.
evaluation: rubric
agent: claude-code
model: anthropic/claude-sonnet-4.6
secrets:
  TOY_API_KEY: { env: TOY_API_KEY, description: A key., required: true }
parameters:
  window_days: { type: integer, default: 30, min: 1, max: 400, description: Days. }
  greeting: { type: string, default: "", description: Words. }
outputs:
  - { path: recommendations.md, description: The report. }
steps:
  - steps/01.md
`;

export const FRONTMATTER = `---
id: connect
title: Connect
tools: [write_artifact, hogql_query]
outputs: [recommendations.md]
gate: true
---
`;

/** A step that writes the report. */
export const WRITE_REPORT = `${FRONTMATTER}
\`\`\`tool
write_artifact:
  path: recommendations.md
  content: "Hello {{params.greeting}}"
\`\`\`
`;

/** Writes a runbook folder. */
export function toyRunbook(files: Record<string, string> = {}): string {
  const dir = temporaryFolder();
  for (const [name, text] of Object.entries({ 'runbook.yaml': MANIFEST, 'steps/01.md': WRITE_REPORT, ...files })) {
    const file = path.join(dir, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return dir;
}

/** A step file of the given id whose body is the given text. */
export function step(id: string, body: string, more = 'tools: [write_artifact, hogql_query]'): string {
  return `---\nid: ${id}\ntitle: ${id}\n${more}\n---\n${body}`;
}

/** The manifest with these steps. */
export function manifestOf(...steps: string[]): string {
  return MANIFEST.replace('  - steps/01.md', steps.map((file) => `  - ${file}`).join('\n')).replace(
    'outputs:\n  - { path: recommendations.md, description: The report. }',
    'outputs: []',
  );
}

export const NOW = new Date('2026-07-31T12:00:00.000Z');

/** A source that answers every query alike. */
export function fixedSource(answer: (request: QueryRequest) => unknown[][] = () => [[1]]): Source {
  return {
    kind: 'local',
    label: 'toy events',
    open: async () => undefined,
    async query(request): Promise<QueryResult> {
      const rows = answer(request);
      return {
        columns: ['n'],
        types: [['n', 'UInt64']],
        rows,
        hasMore: false,
        responseBytes: 10,
        bytesRead: null,
        elapsedS: 0.01,
        cached: false,
      };
    },
    now: () => new Date(NOW),
    notices: () => [],
    close: async () => undefined,
  };
}

/** Runs a toy runbook and keeps its events. */
export async function runToy(
  dir: string,
  { source = async () => fixedSource(), ...options }: Partial<RunOptions> & { source?: () => Promise<Source> } = {},
): Promise<{ outcome: RunOutcome; events: RunEvent[] }> {
  const events: RunEvent[] = [];
  const outcome = await runRunbook(
    {
      runbook: loadRunbook(dir),
      open: liveSource(source),
      asked: { specs: ['toy'], as_of: null },
      resultsDir: path.join(temporaryFolder(), 'results'),
      overwrite: false,
      parameters: {},
      driver: scriptedDriver,
      rounds: 3,
      note: 'test',
      env: {},
      signal: new AbortController().signal,
      ...options,
    },
    (event) => events.push(event),
  );
  assertReadable(events);
  return { outcome, events };
}

/** What a run logs is what readers of a log ask for. */
export function assertReadable(events: readonly RunEvent[]): void {
  const faults = events.map((event) => faultIn(JSON.parse(JSON.stringify(event)) as RunEvent));
  expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
}
