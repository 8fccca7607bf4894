import { RunbookError } from '../../lib/errors.ts';
import { serveSource } from '../../sources/http/server.ts';
import { LocalSource } from '../../sources/local/local-source.ts';
import { openSource } from '../../sources/open-source.ts';
import { loadEnv } from '../env.ts';
import { parseInteger, parseTime } from '../options.ts';
import type { Register } from '../register.ts';

export const serve: Register = (command) => {
  command.action(async (paths: string[], flags: { port: string; asOf?: string }) => {
    const port = parseInteger('--port', flags.port, { min: 0, max: 65_535 });
    const asOf = parseTime(flags.asOf);
    const source = await openSource(paths, { env: loadEnv(), ...(asOf ? { asOf } : {}) });
    if (!(source instanceof LocalSource)) {
      throw new RunbookError('usage', `source serve ${paths.join(' ')}: a live project has this API already.`, {
        at: paths[0] ?? '',
        hint: 'Give event files, folders, or sample.',
      });
    }
    const stopped = new Promise<void>((resolve) => {
      process.once('SIGINT', () => resolve());
      process.once('SIGTERM', () => resolve());
    });
    try {
      await source.open();
      for (const { message } of source.notices()) process.stderr.write(`${message}\n`);
      const server = await serveSource(source, { port });
      process.stdout.write(`${server.url}\n`);
      process.stderr.write(usage(server.url, source.now()));
      await stopped;
      await server.close();
    } finally {
      await source.close();
    }
  });
};

function usage(url: string, now: Date): string {
  return `Answers like PostHog until Ctrl-C; now() is ${now.toISOString()}. To use it:
  export POSTHOG_HOST=${url} POSTHOG_PROJECT_ID=1 POSTHOG_API_KEY=phx_local
`;
}
