/**
 * A Messages API on the loopback in a process of its own, so that its work is no part of what is measured. Prints its address. Told a number,
 * it holds the answers of a late step back until so many runs wait for one, says so, and goes on when it is told to.
 */
import { diligent, firstText, startMessages } from '../../tests/servers/messages.ts';

const LATENCY_MS = Number(process.argv[2] ?? 0);
/** Most of a run lies behind it, and the report is written in it. */
const HELD_STEP = /^# Step 9:/mu;

let wanted = 0;
const held: (() => void)[] = [];

const server = await startMessages(diligent, {
  async before(body) {
    await new Promise((resolve) => setTimeout(resolve, LATENCY_MS));
    if (wanted === 0 || !HELD_STEP.test(firstText(body))) return;
    await new Promise<void>((resolve) => {
      if (held.push(resolve) === wanted) process.send?.('held');
    });
  },
  keep: false,
});
process.on('message', (message) => {
  wanted = Number(message);
  if (wanted === 0) for (const release of held.splice(0)) release();
});
process.once('disconnect', () => process.exit(0));
process.stdout.write(`${server.url}\n`);
