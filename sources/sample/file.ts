import { existsSync } from 'node:fs';
import path from 'node:path';
import { writeFileAtomic } from '../../lib/files.ts';
import { SAMPLE, sampleEvents } from './events.ts';

/** Raised whenever the generator would write other events. */
const VERSION = 2;

/** Writes the sample's events as JSON lines into a folder, or finds them there. @throws RunbookError `io` */
export async function writeSampleFile(dir: string): Promise<string> {
  const file = path.join(dir, `sample-v${VERSION}-${SAMPLE.seed}.jsonl`);
  if (!existsSync(file))
    await writeFileAtomic(
      file,
      `${sampleEvents()
        .map((event) => JSON.stringify(event))
        .join('\n')}\n`,
    );
  return file;
}
