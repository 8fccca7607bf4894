import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { RunbookError } from '../../lib/errors.ts';
import { inside } from '../record/inside.ts';
import { payloadsOf } from '../record/kept-payloads.ts';
import { PAYLOADS, placeOf } from '../record/payloads.ts';
import { assertRecorded, filesAfter, type RunRecord } from '../record/read.ts';
import { recordedRunbook } from '../record/runbook.ts';
import { EVENTS } from '../results.ts';
import { Scrubber } from '../secrets.ts';
import { LIMITS, megabytes } from './limits.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Packs a run into one file: its log, the payloads that the log names, and its artifacts as the log says they were. The same run gives the
 * same bytes: names are sorted, times and owners fixed.
 * @param folder an empty one, to lay the files out in
 * @param env only read to know which values are secrets
 * @returns the archive
 * @throws RunbookError `log` for a damaged record, `usage` where a secret of the environment stands in it: taking it out would change digests
 */
export async function packRun(record: RunRecord, folder: string, env: Env): Promise<Buffer> {
  assertRecorded(record);
  const files = filesOf(record);
  const scrubber = scrubberFor(record, path.join(folder, 'runbook'), env);
  const root = path.join(folder, 'files');
  assertSize(files);
  for (const [file, content] of files) assertNoSecret(file, content, scrubber);
  for (const [file, content] of files) {
    const full = inside(root, file);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, content, { flag: 'wx' });
  }
  const { create } = await import('tar');
  const options = { cwd: root, portable: true, mtime: new Date(0), gzip: true, noDirRecurse: true };
  return create(options, [...files.keys()].sort()).concat();
}

/** Knows the secrets that the runbook declares, as it was run. */
function scrubberFor(record: RunRecord, folder: string, env: Env): Scrubber {
  const { secrets } = recordedRunbook(record, folder).manifest;
  const declared = Object.values(secrets).map((secret) => secret.env);
  return new Scrubber(env, declared);
}

/** Path in the archive → content. A half-written last line stays behind. */
function filesOf(record: RunRecord): Map<string, Buffer> {
  const { dir, payloads, bytes, events } = record;
  const log = readFileSync(path.join(dir, EVENTS)).subarray(0, bytes.whole);
  return new Map([
    [EVENTS, log],
    ...payloadsOf(record).map((sha256) => [`${PAYLOADS}/${placeOf(sha256)}`, payloads.get(sha256)] as const),
    ...[...filesAfter(events)].map(([file, sha256]) => [file, payloads.get(sha256)] as const),
  ]);
}

/** Nobody could unpack it. */
function assertSize(files: ReadonlyMap<string, Buffer>): void {
  const size = [...files.values()].reduce((sum, content) => sum + content.length, 0);
  if (files.size <= LIMITS.files && size <= LIMITS.bytes) return;
  throw new RunbookError('usage', `The run is too large for an archive: ${files.size} files, ${megabytes(size)}.`, {
    hint: `An archive holds at most ${LIMITS.files} files and ${megabytes(LIMITS.bytes)}: copy its results dir instead.`,
  });
}

function assertNoSecret(file: string, content: Buffer, scrubber: Scrubber): void {
  const [name] = scrubber.namesIn(content.toString('utf8'));
  if (name === undefined) return;
  throw new RunbookError('usage', `The value of ${name} stands in ${file}: the run is not packed.`, {
    at: file,
    hint: `Make the run again with ${name} set, so that it is left out; where its value is no secret, export without ${name} in the environment.`,
  });
}
