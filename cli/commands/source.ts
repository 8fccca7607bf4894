import type { Command } from 'commander';
import { RunbookError } from '../../lib/errors.ts';
import { serveSource } from '../../sources/http/server.ts';
import { LocalSource } from '../../sources/local/local-source.ts';
import { parseTime } from '../options.ts';

export function addSource(program: Command): void {
  const source = program.command('source').description('Event sources.');
  source
    .command('serve')
    .argument('<path...>', 'event files and folders')
    .requiredOption('--port <n>', 'port on 127.0.0.1; 0 for any')
    .option('--as-of <time>', 'what now() means, ISO 8601 (default: the newest event)')
    .description("Put event files behind PostHog's HTTP API, until Ctrl-C.")
    .action(serve);
}

async function serve(paths: string[], flags: { port: string; asOf?: string }): Promise<void> {
  const port = Number(flags.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new RunbookError('usage', `--port ${flags.port}: not a port.`, { at: '--port' });
  const asOf = parseTime(flags.asOf);
  const source = new LocalSource({ paths, ...(asOf ? { asOf } : {}) });
  await source.open();
  for (const notice of source.notices()) process.stderr.write(`${notice.message}\n`);
  const server = await serveSource(source, { port });
  process.stdout.write(`${server.url}\n`);
  process.stderr.write(
    `Query it like PostHog, now() is ${source.now().toISOString()}:\n  export POSTHOG_HOST=${server.url} POSTHOG_PROJECT_ID=1 POSTHOG_API_KEY=phx_local\n`,
  );
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  await server.close();
  await source.close();
}
