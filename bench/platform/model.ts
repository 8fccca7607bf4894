/** A Messages API on the loopback in a process of its own, so that its work is no part of what is measured. Prints its address. */
import { diligent, startMessages } from '../../tests/servers/messages.ts';

const server = await startMessages(diligent, { latencyMs: Number(process.argv[2] ?? 0), keep: false });
process.stdout.write(`${server.url}\n`);
process.once('disconnect', () => process.exit(0));
