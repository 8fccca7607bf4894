import { stepsOf } from '../../agent/record/parts.ts';
import type { RunRecord } from '../../agent/record/read.ts';
import { type ReplayOptions, type ReplayWatch, replayRun } from '../../agent/replay/replay.ts';
import { RunbookError } from '../../lib/errors.ts';
import { loadEnv } from '../env.ts';
import { withRun } from '../given-run.ts';
import { interruptible } from '../live-run.ts';
import { parseInteger } from '../options.ts';
import { printable } from '../printable.ts';
import type { Register } from '../register.ts';
import { Commands } from '../replay/commands.ts';
import { LiveSource } from '../replay/live.ts';
import { deviationsText, ReplaySession } from '../replay/session.ts';
import { replayText } from '../view/replay.ts';

interface ReplayFlags {
  step?: string;
  from?: string;
  to?: string;
  resultsDir?: string;
  interactive?: boolean;
  json?: boolean;
}

export const replay: Register = (command, exit) => {
  command.action(async (run: string, flags: ReplayFlags) => {
    assertOneStream(flags);
    exit(await withRun(run, (record) => perform(record, flags)));
  });
};

/** @returns 0 where everything is as it was, else 1; 130 where the user left */
async function perform(record: RunRecord, flags: ReplayFlags): Promise<number> {
  const { signal, release } = interruptible();
  const range = rangeOf(flags, stepsOf(record).length);
  const session = flags.interactive ? openSession(record) : undefined;
  try {
    const options = { ...range, resultsDir: flags.resultsDir, signal };
    const outcome = await replayRun(record, { ...options, ...session?.options });
    if (outcome.exit.now === 130) return 130;
    process.stdout.write(flags.json ? `${JSON.stringify(outcome, null, 2)}\n` : printable(replayText(record, outcome)));
    return outcome.changes.length === 0 && outcome.deviations.length === 0 ? 0 : 1;
  } finally {
    release();
    await session?.close();
  }
}

/** A conversation and JSON in one stream would be neither. @throws RunbookError `usage` */
function assertOneStream({ json, interactive }: ReplayFlags): void {
  if (!json || !interactive) return;
  throw new RunbookError('usage', '--json and --interactive do not go together: both write to stdout.', {
    at: '--json',
    hint: 'Leave one of them out.',
  });
}

function openSession(record: RunRecord): {
  options: Pick<ReplayOptions, 'hooks' | 'live' | 'watch'>;
  close(): Promise<void>;
} {
  const commands = new Commands(process.stdin, process.stdout);
  const source = new LiveSource(record, loadEnv());
  let watch: ReplayWatch | undefined;
  const session = new ReplaySession({
    record,
    commands,
    sql: (text) => source.table(text),
    differences: () => deviationsText(watch?.deviations ?? [], watch?.changed() ?? []),
  });
  return {
    options: {
      hooks: session,
      live: source.query,
      watch(current) {
        watch = current;
      },
    },
    async close() {
      commands.close();
      await source.close();
    },
  };
}

function rangeOf({ step, from, to }: ReplayFlags, max: number): { from?: number; to?: number } {
  if (step !== undefined && (from !== undefined || to !== undefined))
    throw new RunbookError('usage', '--step stands for one step: --from and --to do not go with it.', { at: '--step' });
  const parse = (flag: string, text: string | undefined) =>
    text === undefined ? undefined : parseInteger(flag, text, { min: 1, max });
  const one = parse('--step', step);
  const range = { from: one ?? parse('--from', from), to: one ?? parse('--to', to) };
  return Object.fromEntries(Object.entries(range).filter(([, value]) => value !== undefined));
}
