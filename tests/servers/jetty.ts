import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface JettyRequest {
  method: string;
  /** As it came, encoded. */
  url: string;
  headers: IncomingMessage['headers'];
  /** Parsed JSON, or the fields of multipart/form-data. */
  body: unknown;
}

/** An answer in the place of the platform's own; `cut` ends the connection in the middle of the body. */
export interface JettyAnswer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
  cut?: true;
}

/** What the platform holds; tests read and change it. */
export interface JettyState {
  environment: Record<string, string | null> | null;
  tasks: Map<string, unknown>;
  routines: Map<string, unknown>;
  /** What a run's looks show, one after the other; the last one stays. */
  looks: JettyAnswer[];
  /** Stored path → bytes. */
  files: Map<string, Buffer>;
  /** `METHOD /path` → answers that come first, in order. */
  first: Map<string, JettyAnswer[]>;
}

export interface JettyServer {
  url: string;
  seen: JettyRequest[];
  state: JettyState;
  close(): Promise<void>;
}

export const COLLECTION = 'acme';
export const TOKEN = 'mlc_abcdefghijklmnopqrstuvwxyz012345';
export const RUN_ID = 'a1b2c3d4';

/** A Jetty-compatible API on loopback: documented shapes, codes and errors, for one collection and one token. */
export async function jettyServer(): Promise<JettyServer> {
  const state: JettyState = {
    environment: null,
    tasks: new Map(),
    routines: new Map(),
    looks: [],
    files: new Map(),
    first: new Map(),
  };
  const seen: JettyRequest[] = [];
  const server = createServer(async (request, response) => {
    const entry = await read(request);
    seen.push(entry);
    const scripted = state.first.get(`${entry.method} ${entry.url}`)?.shift();
    send(response, scripted ?? answer(entry, state));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    state,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function read(request: IncomingMessage): Promise<JettyRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const type = request.headers['content-type'] ?? '';
  let body: unknown;
  if (type.startsWith('multipart/form-data')) {
    const form = await new Response(bytes, { headers: { 'content-type': type } }).formData();
    body = Object.fromEntries(form.entries());
  } else if (bytes.length > 0) body = JSON.parse(bytes.toString('utf8'));
  return { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
}

function send(response: ServerResponse, { status, body, headers = {}, cut }: JettyAnswer): void {
  const content = Buffer.isBuffer(body) || typeof body === 'string' ? body : JSON.stringify(body ?? null);
  const length = cut ? { 'content-length': '100000' } : {};
  response.writeHead(status, { 'content-type': 'application/json', ...length, ...headers });
  if (cut) response.write(content.slice(0, 20), () => response.destroy());
  else response.end(content);
}

const detail = (status: number, text: unknown): JettyAnswer => ({ status, body: { detail: text } });

function answer(request: JettyRequest, state: JettyState): JettyAnswer {
  if (request.url === '/openapi.json') return { status: 200, body: OPENAPI };
  if (request.headers.authorization !== `Bearer ${TOKEN}`) return detail(401, 'Invalid or inactive API key');
  if (!request.headers['user-agent'] || /python-urllib|^node$/iu.test(request.headers['user-agent']))
    return { status: 403, body: 'error code: 1010' };
  const [, , , kind = '', ...parts] = request.url.split('/').map(decodeURIComponent);
  const collection = kind === 'db' ? parts[1] : parts[0];
  if (kind !== 'file' && collection !== COLLECTION) return detail(403, 'API key not valid for this collection');
  switch (kind) {
    case 'collections':
      return environment(request, state);
    case 'tasks':
      return kept(request, state.tasks, parts[1], 'Task');
    case 'routines':
      return kept(request, state.routines, parts[2], 'Routine');
    case 'run':
      return run(request, state, parts[1] ?? '');
    case 'db':
      return looked(state, parts);
    case 'trajectory':
      return detail(404, 'Trajectory not found');
    case 'file':
      return file(state, parts.join('/'));
    default:
      return detail(404, 'Not Found');
  }
}

function environment({ method, body }: JettyRequest, state: JettyState): JettyAnswer {
  if (method === 'PATCH') {
    const given = (body as { environment_variables: Record<string, string> }).environment_variables;
    state.environment = { ...state.environment, ...given };
  }
  return { status: 200, body: { id: 7, name: COLLECTION, environment_variables: state.environment } };
}

/** Tasks and routines: POST creates, 400 where the name is taken; PUT and PATCH change, 404 where it is not there. */
function kept(request: JettyRequest, all: Map<string, unknown>, name: string | undefined, what: string): JettyAnswer {
  const { method, body } = request;
  if (method === 'POST') {
    const own = (body as { name: string }).name;
    if (all.has(own)) return detail(400, `${what} with name '${own}' already exists in collection '${COLLECTION}'`);
    all.set(own, body);
    return { status: 201, body: { id: all.size, name: own } };
  }
  if (name === undefined || !all.has(name))
    return detail(404, `${what} '${name}' in collection '${COLLECTION}' not found`);
  if (method !== 'GET') all.set(name, { name, ...(body as object) });
  return { status: 200, body: all.get(name) };
}

function run(request: JettyRequest, state: JettyState, task: string): JettyAnswer {
  if (!state.tasks.has(task)) return detail(404, `Task '${task}' in collection '${COLLECTION}' not found`);
  const { init_params } = request.body as { init_params?: string };
  if (init_params === undefined)
    return detail(422, [{ loc: ['body', 'init_params'], msg: 'Field required', type: 'missing' }]);
  JSON.parse(init_params);
  const workflow_id = `${COLLECTION}-${task}--${RUN_ID}`;
  const metadata = `${COLLECTION}/${task}/0000/${RUN_ID}.json`;
  return { status: 200, body: { message: 'Workflow started', workflow_id, result: {}, trajectory: {}, metadata } };
}

function looked(state: JettyState, parts: readonly string[]): JettyAnswer {
  const [look = detail(404, 'Trajectory not found'), ...more] = state.looks;
  if (more.length > 0) state.looks = more;
  return parts[3] === RUN_ID ? look : detail(404, 'Trajectory not found');
}

function file(state: JettyState, stored: string): JettyAnswer {
  const body = state.files.get(stored);
  if (!body) return detail(404, 'File not found');
  return { status: 200, body, headers: { 'content-type': 'application/octet-stream' } };
}

/** A look at a run. */
export function look(status: string, files?: readonly string[]): JettyAnswer {
  const outputs = files && {
    success: true,
    results_files: files.map((path) => ({ path, content_type: 'text/plain' })),
  };
  const steps = outputs ? { run: { activity: 'runbook', outputs } } : {};
  return { status: 200, body: { name: `${COLLECTION}/t`, trajectory_id: RUN_ID, status, steps, error: null } };
}

/** Where the platform stores a file of the results. */
export function storedPath(task: string, n: number, file: string): string {
  const at = file.lastIndexOf('.');
  const flat = file.slice(0, at).replaceAll('/', '--').replaceAll('.', '-') + file.slice(at);
  return `${COLLECTION}/${task}/0000/${RUN_ID}.run.${String(n).padStart(4, '0')}.app--results--${flat}`;
}

const OPENAPI = {
  openapi: '3.1.0',
  paths: {
    '/api/v1/collections/{collection_name}/environment': { get: {}, patch: {} },
    '/api/v1/tasks/{collection_name}': { post: {} },
    '/api/v1/tasks/{collection_name}/{task_name}': { get: {}, put: {}, delete: {} },
    '/api/v1/routines/{collection}/{task}': { get: {}, post: {} },
    '/api/v1/routines/{collection}/{task}/{name}': { get: {}, patch: {}, delete: {} },
    '/api/v1/run/{collection}/{task}': { post: {} },
    '/api/v1/db/trajectory/{collection}/{task}/{trajectory_id}': { get: {} },
    '/api/v1/file/{path}': { get: {} },
  },
};
