import { beforeAll, describe, expect, it } from 'vitest';
import { createPages } from '../../../platform/pages/app.ts';
import type { RunListener } from '../../../platform/pages/listener.ts';
import { collectionByName } from '../../../platform/store/collections.ts';
import { createRoutine } from '../../../platform/store/routines.ts';
import type { PlatformRun } from '../../../platform/store/run-row.ts';
import { createRun } from '../../../platform/store/runs.ts';
import { createTask } from '../../../platform/store/tasks.ts';
import { TASK, withServer } from '../server.ts';
import { Visitor } from '../visitor.ts';

const running = withServer();
let run: PlatformRun;

interface Schema {
  $ref?: string;
  type?: string;
  enum?: unknown[];
  required?: string[];
  properties?: Record<string, Schema>;
}
interface Operation {
  requestBody?: { content: Record<string, { schema: Schema }> };
}
interface Described {
  paths: Record<string, Record<string, Operation>>;
}

/** These need no token. */
const OPEN = ['GET /api/v1/health', 'GET /api/v1/step-templates', 'GET /api/v1/step-templates/{name}'];
/** These are of no collection: what they answer to an ordinary token. */
const OF_NONE: Record<string, number> = { 'GET /api/v1/collections': 200, 'POST /api/v1/collections': 403 };
/** Where the collection stands elsewhere than in the path. */
const QUERIES: Record<string, string> = {
  'GET /api/v1/list-files': '?prefix=demo/t1',
  'POST /api/v1/sandbox/upload': '?collection=demo',
  'POST /api/v1/files': '?collection=demo',
};
const BODIES: Record<string, unknown> = {
  'POST /v1/chat/completions': { jetty: { collection: 'demo', task: 't1' } },
  'POST /api/v1/routines/{collection}/{task}': { name: 'x', cadence: { type: 'manual' } },
};

/** The least that a schema takes. */
function least({ type, enum: options, required = [], properties = {} }: Schema): unknown {
  if (options) return options[0];
  if (type === 'object') return Object.fromEntries(required.map((name) => [name, least(properties[name] ?? {})]));
  return { array: [], integer: 1, number: 1, boolean: true }[type ?? ''] ?? 'x';
}

async function described(): Promise<[string, Operation][]> {
  const { paths } = (await (await fetch(`${running.base}/openapi.json`)).json()) as Described;
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );
}

/** What stands in the place of a parameter of a path. */
function filled(path: string): string {
  const ids = { collection: 'demo', task: 't1', routine: 'r1', name: 'runbook', trajectory: run.trajectoryId };
  const names: Record<string, string> = {
    ...ids,
    workflow: `demo-t1--${run.trajectoryId}`,
    path: `demo/t1/0000/${run.trajectoryId}.run.0000.app--results--events.jsonl`,
  };
  return path.replaceAll(/\{(\w+)\}/gu, (_, name: string) => names[name] ?? 'x');
}

async function ask(route: string, { requestBody }: Operation, token?: string): Promise<number> {
  const [method = '', path = ''] = route.split(' ');
  const { 'application/json': json, 'multipart/form-data': form } = requestBody?.content ?? {};
  const sent = new FormData();
  sent.set('init_params', '{}');
  for (const field of ['files', 'file']) sent.append(field, new Blob(['x']), 'x.txt');
  const body = json ? JSON.stringify(BODIES[route] ?? least(json.schema)) : form ? sent : undefined;
  const answer = await fetch(`${running.base}${filled(path)}${QUERIES[route] ?? ''}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(json ? { 'content-type': 'application/json' } : {}),
    },
    ...(body === undefined ? {} : { body }),
  });
  expect(answer.headers.get('x-content-type-options'), route).toBe('nosniff');
  expect(answer.headers.get('cache-control'), route).toBe('no-store');
  return answer.status;
}

beforeAll(async () => {
  const { pool } = running.platform;
  const { id } = (await collectionByName(pool, 'demo')) ?? { id: '' };
  const flags = { hasFileUploads: false, isPrivate: true, isChatFlow: false };
  const fields = { ...TASK, ...flags, entityType: 'task', version: null, croissantMetadata: null };
  const task = await createTask(pool, id, fields);
  const taskId = task?.id ?? '';
  run = (await createRun(pool, { collectionId: id, taskId, initParams: {}, workflow: {} })) as PlatformRun;
  const routine = { overlap: 'skip', catchUp: 'none', jitterS: 0, overrides: {}, webhookUrl: null } as const;
  await createRoutine(pool, taskId, { ...routine, name: 'r1', cadence: { type: 'manual' }, paused: true });
});

describe('every route of the API', () => {
  it('lets nobody in without a token, nor with one that is none', async () => {
    for (const [route, operation] of await described()) {
      if (OPEN.includes(route)) continue;
      // Whoever guesses is slowed down meanwhile.
      expect([401, 429], route).toContain(await ask(route, operation));
      expect([401, 429], route).toContain(await ask(route, operation, `mlc_${'a'.repeat(32)}`));
    }
  });

  it('has nothing of another collection, and does not say that it is there', async () => {
    const seen: Record<string, number> = {};
    for (const [route, operation] of await described()) {
      if (OPEN.includes(route)) continue;
      seen[route] = await ask(route, operation, running.tokens.other);
    }
    expect(Object.keys(seen).length).toBeGreaterThan(30);
    expect(seen).toEqual(Object.fromEntries(Object.keys(seen).map((route) => [route, OF_NONE[route] ?? 404])));
    const own = await fetch(`${running.base}/api/v1/collections`, {
      headers: { authorization: `Bearer ${running.tokens.other}` },
    });
    expect(await own.json()).toMatchObject([{ name: 'other' }]);
  });
});

describe('every page', () => {
  /** Method and path of each, with what stands in the place of parameters. */
  function pages(): [string, string][] {
    const { routes } = createPages(running.platform, {} as RunListener);
    const names: Record<string, string> = { collection: 'demo', task: 't1', trajectory: run.trajectoryId };
    const found = routes.flatMap(({ method, path }): [string, string][] => {
      if (method === 'ALL' || !path.startsWith('/:collection')) return [];
      const at = path.replaceAll(/:(\w+)(?:\{[^}]*\})?/gu, (_, name: string) => names[name] ?? '1');
      return [[method, at.replace('/calls/1/1', '/calls/1/input')]];
    });
    expect(found.length).toBeGreaterThan(20);
    return found;
  }

  it('asks for a login', async () => {
    for (const [method, path] of pages()) {
      const visitor = new Visitor(running.base);
      const { status, headers } = method === 'GET' ? await visitor.get(path) : await visitor.post('/login', path, {});
      expect([status, headers.location?.split('?')[0]], path).toEqual([303, '/login']);
    }
  });

  it('has nothing of another collection, and does not say that it is there', async () => {
    const stranger = await new Visitor(running.base).logIn(running.tokens.other);
    for (const [method, path] of pages()) {
      const fields = { do: 'create', name: 'X', value: 'y', step: '1' };
      const { status } =
        method === 'GET' ? await stranger.get(path) : await stranger.post('/other/-/tokens', path, fields);
      expect(status, `${method} ${path}`).toBe(404);
    }
  });

  it('takes no form from elsewhere', async () => {
    const visitor = await new Visitor(running.base).logIn(running.tokens.demo);
    for (const [method, path] of pages()) {
      if (method === 'GET') continue;
      for (const headers of [{ origin: 'null' }, { origin: 'http://127.0.0.1:1' }, { origin: '' }])
        expect((await visitor.post('/demo/-/tokens', path, {}, headers as Record<string, string>)).status, path).toBe(
          403,
        );
      for (const csrf of ['', 'a'.repeat(43), 'é'.repeat(43)])
        expect((await visitor.send(path, { csrf })).status, path).toBe(403);
    }
  });
});
