import { describe, expect, it } from 'vitest';
import { TASK, withServer } from './server.ts';

const running = withServer();
const headers = () => ({ authorization: `Bearer ${running.tokens.demo}` });
const address = (where: string) => `${running.base}/api/v1/${where}`;

describe('a PostgreSQL that is restarted', () => {
  it('loses no run that goes on, and every answer meanwhile is well-formed', async () => {
    const json = { ...headers(), 'content-type': 'application/json' };
    await fetch(address('tasks/demo'), { method: 'POST', headers: json, body: JSON.stringify(TASK) });
    const ids: string[] = [];
    for (let made = 0; made < 3; made += 1) {
      const begun = await fetch(address('run/demo/t1'), { method: 'POST', headers: headers(), body: new FormData() });
      ids.push(String(((await begun.json()) as { workflow_id: string }).workflow_id.split('--').at(-1)));
    }
    let isOver = false;
    const answers = new Map<number, number>();
    const asking = (async () => {
      while (!isOver) {
        const answer = await fetch(address('db/trajectories/demo/t1'), { headers: headers() });
        const body = (await answer.json()) as { trajectories?: unknown; detail?: unknown };
        expect(answer.ok ? body.trajectories : body.detail).toBeTruthy();
        answers.set(answer.status, (answers.get(answer.status) ?? 0) + 1);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    for (let times = 0; times < 2; times += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await running.restartDatabase();
    }
    const states = new Map<string, string>();
    while (states.size < ids.length) {
      for (const id of ids) {
        const answer = await fetch(address(`db/trajectory/demo/t1/${id}`), { headers: headers() });
        const { status } = (await answer.json()) as { status?: string };
        if (status && !['pending', 'running'].includes(status)) states.set(id, status);
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    isOver = true;
    await asking;
    expect([...states.values()]).toEqual(['completed', 'completed', 'completed']);
    expect([...answers.keys()].every((status) => status === 200 || status === 503)).toBe(true);
  }, 180_000);
});
