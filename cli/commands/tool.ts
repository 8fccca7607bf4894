import { text } from 'node:stream/consumers';
import { parse } from 'yaml';
import { callTool } from '../../agent/call-tool.ts';
import { nearest } from '../../agent/nearest.ts';
import { resolveParameters } from '../../agent/parameters.ts';
import { QueryFile } from '../../agent/query-file.ts';
import { type QueryRecord, QueryRecorder } from '../../agent/recorded-source.ts';
import { expandFragments } from '../../agent/render.ts';
import { EVENTS, QUERIES } from '../../agent/results.ts';
import { loadRunbook } from '../../agent/runbook/load.ts';
import { Scrubber } from '../../agent/secrets.ts';
import { writeRule } from '../../agent/write-rules.ts';
import { sqlFragments } from '../../analysis/sql.ts';
import { messageOf, RunbookError } from '../../lib/errors.ts';
import { openSource } from '../../sources/open-source.ts';
import type { Source } from '../../sources/source.ts';
import { FactStore } from '../../tools/facts.ts';
import { toolNames, toolSummaries } from '../../tools/registry.ts';
import { ResultsDir } from '../../tools/results-dir.ts';
import { loadEnv } from '../env.ts';
import { parsePairs, parseTime } from '../options.ts';
import type { Register } from '../register.ts';
import { wrap } from '../wrap.ts';

const DAY_MS = 86_400_000;

interface ToolFlags {
  list?: boolean;
  input: string;
  source?: string[];
  resultsDir: string;
  param?: string[];
  asOf?: string;
}

export const tool: Register = (command) => {
  command.action(async (name: string | undefined, flags: ToolFlags) => {
    if (flags.list) process.stdout.write(await list());
    else process.stdout.write(`${JSON.stringify(await runTool(name, flags), null, 2)}\n`);
  });
};

async function list(): Promise<string> {
  const tools = await toolSummaries();
  const indent = Math.max(...tools.map((each) => each.name.length)) + 2;
  const width = Math.min(process.stdout.columns ?? 100, 110) - indent;
  const lines = tools.flatMap(({ name, summary }) => {
    const [first = '', ...rest] = wrap(summary, width);
    return [name.padEnd(indent) + first, ...rest.map((line) => ' '.repeat(indent) + line)];
  });
  return `${lines.join('\n')}\n`;
}

async function runTool(name: string | undefined, flags: ToolFlags): Promise<unknown> {
  if (name === undefined || !toolNames.includes(name)) throw noTool(name);
  const given = await readInput(flags.input);
  const runbook = loadRunbook();
  const params = resolveParameters(runbook.manifest, parsePairs(flags.param));
  const input = expandFragments(given, { ...sqlFragments(String(params.operation_property ?? '')) });
  const env = loadEnv();
  const asOf = parseTime(flags.asOf);
  const specs = flags.source ?? (env.POSTHOG_API_KEY ? ['posthog'] : undefined);
  const source = specs ? await openSource(specs, { env, ...(asOf ? { asOf } : {}) }) : noSource(asOf ?? new Date());
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  try {
    await source.open(interrupted.signal);
    const to = source.now();
    const scrubber = new Scrubber(env);
    const results = ResultsDir.create(flags.resultsDir, { overwrite: true, scrub: (text) => scrubber.text(text) });
    const mayNotWrite = writeRule(runbook, undefined);
    const queries = new QueryRecorder(source, () => undefined, earlierQueries(results));
    const queryFile = new QueryFile(results, queries);
    const context = {
      source: queries.sourceFor({ step: 0, call: 0, tool: name }),
      results: results.guarded((file) => mayNotWrite(name, file)),
      facts: new FactStore(results),
      params,
      window: { from: new Date(to.getTime() - Number(params.window_days) * DAY_MS), to },
      signal: interrupted.signal,
      outside: <T>(_name: string, ask: () => Promise<T>) => ask(),
      progress: (message: string) => process.stderr.write(`${message}\n`),
    };
    const call = { tool: name, input, placeOf: () => '--input' };
    const usage = () => ({ queries: 0, rows: 0, response_bytes: 0 });
    try {
      return await callTool(call, { step: 0, number: 0, context, emit: () => undefined, usage, keep: () => null });
    } finally {
      // A run's own queries are as its log says; a results dir that is filled call by call keeps them here alone.
      if (!results.exists(EVENTS) && queries.records.length > 0) await queryFile.whole();
    }
  } finally {
    await source.close();
  }
}

function noTool(name: string | undefined): RunbookError {
  const guess = name === undefined ? undefined : nearest(name, toolNames);
  const message = name === undefined ? 'runbook tool: name a tool.' : `There is no tool called "${name}".`;
  return new RunbookError('usage', message, {
    at: 'runbook tool',
    hint: `${guess ? `Did you mean ${guess}? ` : ''}runbook tool --list shows them all.`,
  });
}

/** Queries of the calls before this one. */
function earlierQueries(results: ResultsDir): QueryRecord[] {
  const kept = results.exists(QUERIES) ? results.readJson(QUERIES) : [];
  return Array.isArray(kept) ? kept : [];
}

/** JSON from the command line, or, for `-`, YAML from stdin (JSON is YAML). @throws RunbookError `usage` */
async function readInput(given: string): Promise<unknown> {
  try {
    return given === '-' ? (parse(await text(process.stdin)) ?? {}) : JSON.parse(given);
  } catch (cause) {
    const what = given === '-' ? 'YAML' : 'JSON';
    throw new RunbookError('usage', `--input is not valid ${what}: ${messageOf(cause)}`, {
      at: '--input',
      hint: `Quote it for the shell, for instance --input '{"sql": "SELECT 1"}'.`,
      cause,
    });
  }
}

/** Many tools only read artifacts: a source is asked for when one is queried. */
function noSource(now: Date): Source {
  return {
    kind: 'local',
    label: 'no source',
    open: async () => undefined,
    async query() {
      throw new RunbookError('usage', 'The tool queries events, and no source is given.', {
        at: '--source',
        hint: 'Add --source sample, or --source FILE…, or set POSTHOG_API_KEY.',
      });
    },
    now: () => now,
    notices: () => [],
    close: async () => undefined,
  };
}
