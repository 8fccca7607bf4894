import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RunEvent } from '../../agent/events.ts';
import { digestOf, PAYLOADS, placeOf } from '../../agent/record/payloads.ts';
import type { Platform } from '../../platform/api/platform.ts';
import type { PlatformRun } from '../../platform/store/run-row.ts';
import { endRun } from '../../platform/store/run-states.ts';
import { createRun } from '../../platform/store/runs.ts';
import { runFolder } from '../../platform/work/results.ts';

/** What traces and models may say. */
export const HOSTILE = [
  '<script>window.hit = 1</script>',
  '<img src=x onerror="window.hit = 1">',
  '<svg onload="window.hit = 1"></svg>',
  '<iframe src="javascript:window.hit = 1"></iframe>',
].join('');

const REPORT = `# ${HOSTILE}

## Costs ${HOSTILE}

${HOSTILE}

[script](javascript:window.hit=1) [data](data:text/html,<script>window.hit=1</script>) [out](../../../../login) [file](data/findings.json) [chart](./figures/cost_by_operation.svg) [gone](data/gone.json) ![picture](data/metrics_by_span.csv)

![remote](http://127.0.0.1:9/x.png) ![chart](figures/cost_by_operation.svg)

| ${HOSTILE} |
|---|
| ${'unbroken'.repeat(60)} |

\`\`\`text
${HOSTILE}
\`\`\`
`;

/** A run whose record is a copy of another one's, with hostile texts in its report, its findings, a step and a tool's answer. */
export async function hostileRun(platform: Platform, run: PlatformRun): Promise<PlatformRun> {
  const { pool } = platform;
  const { collectionId, taskId, initParams, workflow } = run;
  const made = (await createRun(pool, { collectionId, taskId, initParams, workflow })) as PlatformRun;
  const dir = runFolder(platform, made);
  cpSync(runFolder(platform, run), dir, { recursive: true });
  const findings = readFileSync(path.join(dir, 'data/findings.json'), 'utf8');
  const { findings: all, ...rest } = JSON.parse(findings) as { findings: Record<string, unknown>[] };
  const files: Record<string, string> = {
    'recommendations.md': REPORT,
    'data/findings.json': JSON.stringify({ ...rest, findings: all.map((one) => ({ ...one, title: HOSTILE })) }),
  };
  const log = path.join(dir, 'events.jsonl');
  const events = readFileSync(log, 'utf8').trimEnd().split('\n');
  writeFileSync(
    log,
    events.map((line) => `${JSON.stringify(changed(JSON.parse(line) as RunEvent, { dir, files }))}\n`).join(''),
  );
  await endRun(pool, made.id, { state: 'failed', exitCode: 1, error: HOSTILE });
  return made;
}

function changed(event: RunEvent, { dir, files }: { dir: string; files: Record<string, string> }): RunEvent {
  if (event.type === 'step_started') return { ...event, title: HOSTILE };
  if (event.type === 'tool_finished') return { ...event, payload: null, output: { excerpt: HOSTILE } };
  if (event.type === 'query') return { ...event, name: HOSTILE };
  const content = event.type === 'artifact_written' ? files[event.path] : undefined;
  if (event.type !== 'artifact_written' || content === undefined) return event;
  const sha256 = digestOf(content);
  const file = path.join(dir, PAYLOADS, placeOf(sha256));
  mkdirSync(path.dirname(file), { recursive: true });
  for (const place of [file, path.join(dir, event.path)]) writeFileSync(place, content);
  return { ...event, sha256 };
}
