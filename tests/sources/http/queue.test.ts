import { request } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { AUTH, closeFaces, echo, face, hogql, post } from './face.ts';

afterEach(closeFaces);

/** A source whose queries run until they are let go. */
function held() {
  const running: { sql: string; go: () => void; signal: AbortSignal | undefined }[] = [];
  let most = 0;
  let now = 0;
  return {
    running,
    most: () => most,
    answer: async (query: Parameters<typeof echo>[0]) => {
      now += 1;
      most = Math.max(most, now);
      await new Promise<void>((go) => running.push({ sql: query.sql, go, signal: query.signal }));
      now -= 1;
      return echo(query);
    },
  };
}

it('three queries run at once, the others wait for their turn', async () => {
  const source = held();
  const { port } = await face(source.answer);
  const answers = ['a', 'b', 'c', 'd', 'e', 'f'].map((sql) => post(port, hogql(sql)));
  for (let n = 0; n < 6; n += 1) {
    await expect.poll(() => source.running.length).toBeGreaterThan(n);
    source.running[n]?.go();
  }
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(6).fill(200));
  expect(source.most()).toBe(3);
});

it('a query that waited too long gets 504, and its place in the queue is gone', async () => {
  const source = held();
  const { port } = await face(source.answer, { queueMs: 50 });
  const first = ['a', 'b', 'c'].map((sql) => post(port, hogql(sql)));
  await expect.poll(() => source.running.length).toBe(3);
  const late = await post(port, hogql('d'));
  expect(late).toMatchObject({ status: 504, body: { type: 'server_error', code: 'timeout' } });
  for (const { go } of source.running) go();
  expect((await Promise.all(first)).map(({ status }) => status)).toEqual([200, 200, 200]);
  const next = post(port, hogql('e'));
  await expect.poll(() => source.running.map(({ sql }) => sql)).toEqual(['a', 'b', 'c', 'e']);
  source.running[3]?.go();
  expect((await next).status).toBe(200);
});

it('a failing query gives its place back', async () => {
  const { port } = await face();
  for (let n = 0; n < 5; n += 1) expect((await post(port, hogql('crash'))).status).toBe(500);
  expect((await post(port, hogql('SELECT 1'))).status).toBe(200);
});

it('a client that leaves stops its query', async () => {
  const source = held();
  const { port } = await face(source.answer);
  const options = { host: '127.0.0.1', port, method: 'POST', path: '/api/projects/1/query/', headers: AUTH };
  const leaving = request(options);
  leaving.on('error', () => undefined);
  leaving.end(JSON.stringify(hogql('a')));
  await expect.poll(() => source.running.length).toBe(1);
  expect(source.running[0]?.signal?.aborted).toBe(false);
  leaving.destroy();
  await expect.poll(() => source.running[0]?.signal?.aborted).toBe(true);
  source.running[0]?.go();
});
