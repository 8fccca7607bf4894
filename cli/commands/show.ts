import { existsSync } from 'node:fs';
import { isArchive } from '../../agent/archive/name.ts';
import { resultsDirOf } from '../../agent/record/find.ts';
import { timelineOf } from '../../agent/record/timeline.ts';
import { isRunbook } from '../../agent/runbook/load.ts';
import type { Runbook } from '../../agent/runbook/manifest.ts';
import { paletteFor } from '../colors.ts';
import { placeOf, withRun } from '../given-run.ts';
import { isRunbookFile, withRunbook } from '../given-runbook.ts';
import { printableValue } from '../printable.ts';
import type { Register } from '../register.ts';
import { runbookText } from '../view/runbook.ts';
import { timelineText } from '../view/timeline.ts';

interface ShowFlags {
  json?: boolean;
}

export const show: Register = (command) => {
  command.action((given: string | undefined, flags: ShowFlags) =>
    given !== undefined && isRun(given)
      ? showRun(given, flags)
      : withRunbook(given, (runbook) => showRunbook(runbook, flags)),
  );
};

/** A folder that holds a runbook, or a RUNBOOK.md, is one, and what is not there can only be the id of a run. */
function isRun(given: string): boolean {
  if (isRunbook(given) || isRunbookFile(given)) return false;
  return isArchive(given) || !existsSync(given) || resultsDirOf(given) !== undefined;
}

function showRun(given: string, { json }: ShowFlags): Promise<void> {
  return withRun(given, (record) => {
    const timeline = timelineOf(record, placeOf(given));
    const text = () => timelineText(printableValue(timeline), { width: width(), colors: paletteFor(process.stdout) });
    process.stdout.write(json ? `${JSON.stringify(timeline, null, 2)}\n` : text());
  });
}

function showRunbook(runbook: Runbook, { json }: ShowFlags): void {
  const { manifest, steps, digest } = runbook;
  const shape = { ...manifest, digest, steps: steps.map(({ body: _body, ...step }) => step) };
  const text = () => runbookText(runbook, paletteFor(process.stdout), width());
  process.stdout.write(json ? `${JSON.stringify(shape, null, 2)}\n` : text());
}

function width(): number {
  return Math.min(process.stdout.columns ?? 100, 110);
}
