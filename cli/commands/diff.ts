import { diffRuns, isSame } from '../../agent/diff/run-diff.ts';
import { paletteFor } from '../colors.ts';
import { placeOf, withRun } from '../given-run.ts';
import type { Register } from '../register.ts';
import { diffText } from '../view/diff.ts';

export const diff: Register = (command, exit) => {
  command.action(async (before: string, after: string, flags: { json?: boolean }) =>
    exit(await perform({ before, after }, flags)),
  );
};

/** @returns 0 where nothing differs, else 1 */
function perform(given: { before: string; after: string }, { json }: { json?: boolean }): Promise<number> {
  return withRun(given.before, (before) =>
    withRun(given.after, (after) => {
      const places = { before: placeOf(given.before), after: placeOf(given.after) };
      const found = diffRuns({ before, after }, places);
      const { stdout } = process;
      stdout.write(json ? `${JSON.stringify(found, null, 2)}\n` : diffText(found, paletteFor(stdout)));
      return isSame(found) ? 0 : 1;
    }),
  );
}
