import { readFileSync } from 'node:fs';
import path from 'node:path';
import { programVersion } from '../../lib/version.ts';
import type { EventBody, KeptRunbook } from '../events.ts';
import type { Parameters } from '../parameters.ts';
import type { RunOptions } from '../run-options.ts';
import { bundledRunbook } from '../runbook/load.ts';
import type { Runbook } from '../runbook/manifest.ts';
import type { Earlier } from './earlier.ts';
import { digestOf } from './payloads.ts';
import type { Recorder } from './recorder.ts';

/** How a run begins in the log: anew, or behind the last finished step. */
export function startEvent(
  options: RunOptions,
  { params, resultsDir }: { params: Parameters; resultsDir: string },
): EventBody {
  const { runbook, driver, note, earlier, asked, rounds } = options;
  const agent = { driver: driver.kind, model: driver.model ?? null, note, budget: driver.limits ?? null };
  const performed = {
    runbook: keptRunbook(options),
    steps: runbook.steps.map((step) => ({ number: step.number, id: step.id, title: step.title })),
  };
  if (earlier?.as.kind === 'resumed')
    return {
      ...{ type: 'run_resumed', after_step: earlier.steps, ...performed, ...agent },
      torn_bytes: earlier.as.torn_bytes,
    };
  return {
    type: 'run_started',
    program: programVersion(),
    ...performed,
    ...agent,
    source: asked,
    rounds,
    parent: earlier?.as.kind === 'forked' ? parentOf(earlier.as, earlier.steps + 1) : null,
    params,
    results_dir: resultsDir,
  };
}

function parentOf({ parent, parts }: Extract<Earlier['as'], { kind: 'forked' }>, before_step: number) {
  return { run: parent, before_step, parts: parts.filter(({ from_step }) => from_step < before_step) };
}

function keptRunbook({ runbook, runbookPlace }: RunOptions): KeptRunbook {
  const { name, title, version } = runbook.manifest;
  const here = runbook.dir === bundledRunbook() ? null : runbook.dir;
  return {
    ...{ name, title, version, digest: runbook.digest },
    dir: runbookPlace === undefined ? here : runbookPlace,
    files: filesOf(runbook).map(({ path, content }) => ({ path, sha256: digestOf(content) })),
  };
}

/** The runbook goes into the record as it is run. @throws RunbookError `log` */
export function keepRunbook(runbook: Runbook, recorder: Recorder): void {
  for (const { content } of filesOf(runbook)) recorder.keepArtifact(content);
}

function filesOf({ dir, manifest }: Runbook): { path: string; content: Buffer }[] {
  const names = ['runbook.yaml', ...manifest.steps, manifest.mend, manifest.rubric, manifest.guide];
  return names.flatMap((name) =>
    name === undefined ? [] : [{ path: name, content: readFileSync(path.join(dir, name)) }],
  );
}
