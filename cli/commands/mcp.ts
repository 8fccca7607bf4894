import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { serveHttp } from '../../agent/mcp/http.ts';
import { buildServer } from '../../agent/mcp/server.ts';
import { Workbench } from '../../agent/mcp/workbench.ts';
import { resolveParameters } from '../../agent/parameters.ts';
import { loadRunbook } from '../../agent/runbook/load.ts';
import { Scrubber } from '../../agent/secrets.ts';
import { writeRule } from '../../agent/write-rules.ts';
import { RunbookError } from '../../lib/errors.ts';
import { programVersion } from '../../lib/version.ts';
import { openSource } from '../../sources/open-source.ts';
import { ResultsDir } from '../../tools/results-dir.ts';
import { loadEnv } from '../env.ts';
import { parseInteger, parsePairs, parseTime } from '../options.ts';
import type { Register } from '../register.ts';
import { sourceSpecs } from '../sources.ts';

interface McpFlags {
  source?: string[];
  resultsDir: string;
  param?: string[];
  asOf?: string;
  http?: string;
  host?: string;
}

export const mcp: Register = (command) => {
  command.action(async (given: string | undefined, flags: McpFlags) => {
    const env = loadEnv();
    const port = flags.http === undefined ? undefined : parseInteger('--http', flags.http, { min: 0, max: 65_535 });
    if (flags.host !== undefined && port === undefined)
      throw new RunbookError('usage', '--host says where to listen, but without --http nothing listens.', {
        at: '--host',
        hint: 'Add --http PORT, or leave --host out for stdio.',
      });
    const asOf = parseTime(flags.asOf);
    const specs = sourceSpecs(flags.source, env);
    const runbook = loadRunbook(given);
    const declared = Object.values(runbook.manifest.secrets).map((secret) => secret.env);
    const scrubber = new Scrubber(env, declared);
    const results = ResultsDir.create(flags.resultsDir, { overwrite: true, scrub: (text) => scrubber.text(text) });
    const params = resolveParameters(runbook.manifest, parsePairs(flags.param));
    const source = () => openSource(specs, { env, ...(asOf ? { asOf } : {}) });
    const workbench = new Workbench({ source, results, params, scrubber, mayNotWrite: writeRule(runbook, undefined) });
    const build = () => buildServer(runbook, workbench, programVersion());
    try {
      if (port === undefined) await overStdio(build);
      else await overHttp({ port, host: flags.host ?? '127.0.0.1', token: env.RUNBOOK_MCP_TOKEN || undefined, build });
    } finally {
      await workbench.close();
    }
  });
};

/** stdout is the protocol's; the client ends it by closing stdin. */
async function overStdio(build: () => ReturnType<typeof buildServer>): Promise<void> {
  const server = await build();
  const ended = stopped();
  process.stdin.once('end', ended.stop);
  process.stdin.once('close', ended.stop);
  await server.connect(new StdioServerTransport());
  await ended.promise;
  await server.close();
}

async function overHttp(options: Parameters<typeof serveHttp>[0]): Promise<void> {
  const { url, close } = await serveHttp(options);
  process.stdout.write(`${url}\n`);
  await stopped().promise;
  await close();
}

/** Ends with a signal, or with `stop`. */
function stopped(): { promise: Promise<void>; stop(): void } {
  const controller = new AbortController();
  const stop = () => controller.abort();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, stop);
  return { promise: new Promise((resolve) => controller.signal.addEventListener('abort', () => resolve())), stop };
}
