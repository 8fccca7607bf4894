import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Built, build, type Started, start } from '../../cli/child.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'one-server-'));
const servers: Started[] = [];
let built: Built;

function serve({ data = dir, port = '0' } = {}): Started {
  const args = ['serve', '--data', data, '--port', port, '--workers', '0'];
  const server = start(built.main, args, { cwd: dir });
  servers.push(server);
  return server;
}

beforeAll(async () => {
  built = await build();
});
afterAll(async () => {
  for (const { process } of servers) process.kill('SIGTERM');
  await Promise.all(servers.map(({ ended }) => ended));
  built?.remove();
  rmSync(dir, { recursive: true, force: true });
});

it('a second server on the same data folder is refused; after a kill the next one goes on', async () => {
  const first = serve();
  const [, url] = await first.says(/the API at (\S+)\/api/u);
  const second = await serve().ended;
  expect(second.code).toBe(2);
  expect(second.stderr).toContain('Another server uses the data folder');
  expect((await fetch(`${url}/api/v1/health`)).status).toBe(200);

  first.process.kill('SIGKILL');
  await first.ended;
  const third = serve();
  const [, again] = await third.says(/the API at (\S+)\/api/u);
  expect((await fetch(`${again}/api/v1/health`)).status).toBe(200);
}, 120_000);

it('a server that cannot listen ends, with its database; the next one still shows its token', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const data = path.join(dir, 'other');
  const { port } = taken.address() as AddressInfo;
  const refused = await serve({ data, port: String(port) }).ended;
  taken.close();
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('another program listens there');
  expect(existsSync(path.join(data, 'postgres', 'postmaster.pid'))).toBe(false);
  await serve({ data }).says(/Token of the administrator, .*shown this once: (mlc_\S+)/u);
}, 120_000);
