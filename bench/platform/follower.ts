import { readFileSync } from 'node:fs';
import { Visitor } from '../../tests/platform/visitor.ts';
import { COLLECTION, type ProductServer } from './product-server.ts';

/** Looks at runs as their pages do, and notes when each event arrives. */
export class Followers {
  readonly #stop = new AbortController();
  readonly #following: Promise<void>[] = [];
  /** Of each run that is looked at: the number of an event in its log → when it was here, ms since 1970. */
  readonly #arrived = new Map<string, Map<number, number>>();

  static async of(server: ProductServer, task: string, trajectories: readonly string[]): Promise<Followers> {
    const followers = new Followers();
    const { cookie } = await new Visitor(server.url).logIn(server.token);
    for (const trajectory of trajectories) followers.#follow(server.url, { task, trajectory, cookie });
    return followers;
  }

  #follow(base: string, { task, trajectory, cookie }: { task: string; trajectory: string; cookie: string }): void {
    const arrived = new Map<number, number>();
    this.#arrived.set(trajectory, arrived);
    const read = async () => {
      const url = `${base}/${COLLECTION}/${task}/${trajectory}/events`;
      const response = await fetch(url, { headers: { cookie }, signal: this.#stop.signal });
      let text = '';
      for await (const part of response.body ?? []) {
        const now = Date.now();
        text += Buffer.from(part as Uint8Array).toString('utf8');
        const whole = text.lastIndexOf('\n\n');
        for (const [, id] of text.slice(0, whole).matchAll(/^id: (\d+)$/gmu)) arrived.set(Number(id), now);
        text = text.slice(whole);
      }
    };
    this.#following.push(read().catch(() => undefined));
  }

  /** Waits for the ends of the runs, or ends without them. */
  async end({ atOnce }: { atOnce: boolean }): Promise<void> {
    if (atOnce) this.#stop.abort();
    await Promise.all(this.#following);
  }

  /** ms from the time that an event has in the log to its arrival. @param logOf the log of a run */
  latencies(logOf: (trajectory: string) => string): number[] {
    return [...this.#arrived].flatMap(([trajectory, arrived]) => {
      const events = readFileSync(logOf(trajectory), 'utf8').trim().split('\n');
      return events.flatMap((line) => {
        const { seq, time } = JSON.parse(line) as { seq: number; time: string };
        const at = arrived.get(seq);
        return at === undefined ? [] : [at - Date.parse(time)];
      });
    });
  }
}
