import { existsSync } from 'node:fs';
import path from 'node:path';
import { writeFileAtomic } from '../../lib/files.ts';
import { SAMPLE_SEED, sampleEvents } from './events.ts';

/** Raised whenever the generator would write other events. */
const VERSION = 3;

/** Writes the sample's events as JSON lines into a folder, or finds them there. @throws RunbookError `io` */
export async function writeSampleFile(dir: string): Promise<string> {
  const file = path.join(dir, `sample-v${VERSION}-${SAMPLE_SEED}.jsonl`);
  if (!existsSync(file)) {
    let lines = '';
    for (const event of sampleEvents()) lines += `${JSON.stringify(event)}\n`;
    await writeFileAtomic(file, lines);
  }
  return file;
}
