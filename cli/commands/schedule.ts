import { z } from 'zod';
import { RunbookError } from '../../lib/errors.ts';
import { instant } from '../../lib/format.ts';
import { cadenceText, readCadence } from '../../platform/deploy/cadence.ts';
import { Client } from '../../platform/deploy/client.ts';
import { idOf, writeRoutine } from '../../platform/deploy/deploy.ts';
import {
  type ApiRequest,
  deleteRoutine,
  fireRoutine,
  getRoutines,
  type Place,
  pauseRoutine,
  type RoutineFields,
  resumeRoutine,
} from '../../platform/deploy/requests.ts';
import { targetOf, tokenOf } from '../../platform/deploy/target.ts';
import { paletteFor } from '../colors.ts';
import { loadEnv } from '../env.ts';
import { interruptible } from '../live-run.ts';
import { parseInteger, parsePairs } from '../options.ts';
import { printableValue } from '../printable.ts';
import type { Register } from '../register.ts';
import { table } from '../view/table.ts';

interface PlaceFlags {
  target?: string;
  collection: string;
  task: string;
}

interface FieldFlags {
  param?: string[];
  overlap?: string;
  catchUp?: string;
  jitter?: string;
  webhook?: string;
}

/** What a target says of a routine; Jetty's own answers may lack the rest. */
const routine = z.looseObject({
  name: z.string(),
  task: z.string().default(''),
  cadence: z.record(z.string(), z.unknown()).default({}),
  paused: z.boolean().default(false),
  next_run_at: z.string().nullish(),
});
type Routine = z.infer<typeof routine>;

export const list: Register = (command) => {
  command.action(async ({ json, task, ...flags }: Partial<PlaceFlags> & { collection: string; json?: boolean }) => {
    const { value } = await asked(flags.target, (client) => client.json(getRoutines(flags)));
    const parsed = z.object({ routines: z.array(routine) }).safeParse(value);
    if (!parsed.success)
      throw new RunbookError('bad_response', 'The target answered with no list of schedules.', {
        hint: 'Check --target: it is the origin of the API.',
      });
    const routines = parsed.data.routines.filter((each) => task === undefined || each.task === task);
    process.stdout.write(json ? `${JSON.stringify(routines, null, 2)}\n` : listText(printableValue(routines)));
  });
};

export const set: Register = (command) => {
  command.action(async (name: string, when: string, flags: PlaceFlags & FieldFlags) => {
    const fields = fieldsOf(when, flags);
    const written = await asked(flags.target, (client) => writeRoutine(client, flags, name, fields));
    process.stderr.write(`Schedule ${name} of ${flags.task} ${written}: ${cadenceText({ ...fields.cadence })}.\n`);
  });
};

export const pause = action(pauseRoutine, 'is paused');
export const resume = action(resumeRoutine, 'goes on');
export const remove = action(deleteRoutine, 'is removed; its runs stay');

export const fire: Register = (command) => {
  command.action(async (name: string, flags: PlaceFlags) => {
    const { value } = await asked(flags.target, (client) => client.json(fireRoutine(flags, name)));
    process.stdout.write(`${idOf(value)}\n`);
  });
};

function action(request: (place: Place, name: string) => ApiRequest, done: string): Register {
  return (command) => {
    command.action(async (name: string, flags: PlaceFlags) => {
      await asked(flags.target, (client) => client.send(request(flags, name)));
      process.stderr.write(`Schedule ${name} of ${flags.task} ${done}.\n`);
    });
  };
}

async function asked<T>(target: string | undefined, ask: (client: Client) => Promise<T>): Promise<T> {
  const env = loadEnv();
  const { signal, release } = interruptible();
  try {
    return await ask(new Client({ target: targetOf(target, env), token: tokenOf(env), hidden: [], signal }));
  } finally {
    release();
  }
}

/** @throws RunbookError `usage` naming the option */
function fieldsOf(when: string, { param, overlap, catchUp, jitter, webhook }: FieldFlags): RoutineFields {
  return {
    cadence: readCadence(when, 'when'),
    ...(param ? { init_params_overrides: { vars: parsePairs(param) } } : {}),
    ...(overlap === undefined ? {} : { overlap: oneOf('--overlap', overlap, ['skip', 'queue']) }),
    ...(catchUp === undefined ? {} : { catch_up: oneOf('--catch-up', catchUp, ['none', 'latest', 'all']) }),
    ...(jitter === undefined ? {} : { jitter_seconds: parseInteger('--jitter', jitter, { min: 0, max: 3600 }) }),
    ...(webhook === undefined ? {} : { webhook_url: webhook }),
  };
}

function oneOf<const T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return found;
  throw new RunbookError('usage', `${flag} ${value}: is none of ${allowed.join(', ')}.`, { at: flag });
}

const COLUMNS = [{ title: 'schedule' }, { title: 'task' }, { title: 'when' }, { title: 'next, UTC' }];

function listText(routines: readonly Routine[]): string {
  if (routines.length === 0) return 'There are no schedules here.\n';
  const rows = routines.map(({ name, task, cadence, paused, next_run_at }) => [
    ...[name, task, cadenceText(cadence)],
    paused ? 'paused' : next_run_at ? instant(next_run_at).replace(' UTC', '') : '–',
  ]);
  const { stdout } = process;
  const colors = paletteFor(stdout);
  const lines = table(COLUMNS, rows, stdout.columns ?? Number.POSITIVE_INFINITY, (text, _column, row) =>
    row === -1 || routines[row]?.paused ? colors.dim(text) : text,
  );
  return `${lines.join('\n')}\n`;
}
