import { statSync } from 'node:fs';
import type { RunRecord } from '../record/read.ts';

const ENDING = '.run.tgz';

/** What an archive of the run is called: `posthog-trace-optimizer-06db91ba.run.tgz`. */
export function archiveName({ started }: RunRecord): string {
  const part = (text: string) => text.replace(/[^\w-]+/gu, '-');
  return `${part(started.runbook.name)}-${part(started.run.slice(0, 8))}${ENDING}`;
}

/** Whether what is given for a run is an archive of one. */
export function isArchive(given: string): boolean {
  return /\.(?:tgz|tar\.gz)$/iu.test(given) && (statSync(given, { throwIfNoEntry: false })?.isFile() ?? false);
}
