import { execa } from 'execa';
import { RunbookError } from '../../lib/errors.ts';

/** A user of the system, by number. */
export interface Owner {
  uid: number;
  gid: number;
}

const NAME = 'postgres';

/**
 * Whom a PostgreSQL server runs as where we are root, which it refuses: the user `postgres`, who is made where there is none.
 * @returns undefined where we are not root
 * @throws RunbookError `config`
 */
export async function ownerOfServer(): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  return (await find()) ?? (await create());
}

async function find(): Promise<Owner | undefined> {
  const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => execa('id', [flag, NAME], { reject: false })));
  if (uid?.exitCode !== 0 || gid?.exitCode !== 0) return undefined;
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

async function create(): Promise<Owner> {
  await execa('useradd', ['--system', '--user-group', '--no-create-home', NAME], { reject: false });
  const owner = await find();
  if (owner) return owner;
  throw new RunbookError('config', 'PostgreSQL does not run as root, and there is no user postgres.', {
    hint: 'Run as another user, make a user postgres, or set DATABASE_URL to a PostgreSQL server.',
  });
}
