// Loaded into the product's process by the bench: notes when each model request starts and when its answer has been read to the end.
import { writeFileSync } from 'node:fs';

const times = [];
const plain = globalThis.fetch;

globalThis.fetch = async (input, init) => {
  const time = { asked: performance.now(), answered: Number.NaN };
  const response = await plain(input, init);
  if (!String(input).includes('/v1/messages') || !response.body) return response;
  times.push(time);
  const flush = () => {
    time.answered = performance.now();
  };
  const { status, headers } = response;
  return new Response(response.body.pipeThrough(new TransformStream({ flush })), { status, headers });
};

process.on('exit', () => writeFileSync(process.env.BENCH_CLOCK, JSON.stringify(times)));
