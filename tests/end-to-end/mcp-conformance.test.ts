import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { serveHttp } from '../../agent/mcp/http.ts';
import { resolveParameters } from '../../agent/parameters.ts';
import { renderStep } from '../../agent/render.ts';
import { loadRunbook } from '../../agent/runbook/load.ts';
import { toolBlocks } from '../../agent/runbook/tool-blocks.ts';
import { toolNames } from '../../tools/registry.ts';
import { fixtureServer } from '../servers/mcp-fixture.ts';
import { conformance, inspect, installMcpTools } from '../servers/mcp-tools.ts';

const FIXTURE = 'it calls a fixture by name that a product has no use for; passed by the fixture server below';
const NOT_OFFERED = 'the server does not offer it, and says so in its capabilities; passed by the fixture server below';

/** Scenarios of the suite that do not apply to the product's server, with the reason; every other one must pass. */
const DO_NOT_APPLY: Readonly<Record<string, string>> = {
  'logging-set-level': NOT_OFFERED,
  'completion-complete': NOT_OFFERED,
  'resources-subscribe': NOT_OFFERED,
  'resources-unsubscribe': NOT_OFFERED,
  'tools-call-image': FIXTURE,
  'tools-call-audio': FIXTURE,
  'tools-call-embedded-resource': FIXTURE,
  'tools-call-mixed-content': FIXTURE,
  'tools-call-with-logging': FIXTURE,
  'tools-call-with-progress': FIXTURE,
  'tools-call-sampling': FIXTURE,
  'tools-call-elicitation': FIXTURE,
  'json-schema-2020-12': FIXTURE,
  'elicitation-sep1034-defaults': FIXTURE,
  'elicitation-sep1330-enums': FIXTURE,
  'server-sse-polling': FIXTURE,
  'resources-read-text': FIXTURE,
  'resources-read-binary': FIXTURE,
  'resources-templates-read': FIXTURE,
  'prompts-get-simple': FIXTURE,
  'prompts-get-with-args': FIXTURE,
  'prompts-get-embedded-resource': FIXTURE,
  'prompts-get-with-image': FIXTURE,
};
const SCENARIOS = 32;

const work = mkdtempSync(path.join(tmpdir(), 'mcp-conformance-'));
const results = path.join(work, 'results');
const args = ['bin/runbook.js', 'mcp', '--source', 'sample', '--results-dir', results];
const env = { XDG_CACHE_HOME: path.join(work, 'cache'), LITELLM_PRICING_URL: 'http://127.0.0.1:9/' };

beforeAll(() => installMcpTools(), 300_000);
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Starts the product's server on the loopback. */
async function serve(): Promise<string> {
  const server = execa(process.execPath, [...args, '--http', '0'], { env, reject: false });
  onTestFinished(async () => {
    server.kill();
    await server;
  });
  const [url] = (await once(server.stdout, 'data')) as [Buffer];
  return String(url).trim();
}

describe('the public conformance suite', () => {
  it('passes on the product for every scenario that applies', async () => {
    const outcome = await conformance(await serve(), path.join(work, 'product'));
    expect(Object.keys(outcome)).toHaveLength(SCENARIOS);
    const expected = Object.keys(outcome).map((name) => [name, !(name in DO_NOT_APPLY)]);
    expect(outcome).toEqual(Object.fromEntries(expected));
  }, 120_000);

  it('passes as a whole on the same transport with the fixtures that it asks for', async () => {
    const { url, close } = await serveHttp({ port: 0, host: '127.0.0.1', token: undefined, build: fixtureServer });
    onTestFinished(close);
    const outcome = await conformance(url, path.join(work, 'fixture'));
    expect(outcome).toEqual(Object.fromEntries(Object.keys(outcome).map((name) => [name, true])));
    expect(Object.keys(outcome)).toHaveLength(SCENARIOS);
  }, 120_000);
});

/** The reference calls of the runbook in their order, and one of each tool that has none. */
function calls(): [tool: string, input: Record<string, unknown>][] {
  const runbook = loadRunbook();
  const window = { from: new Date('2026-01-01T00:00:00Z'), to: new Date('2026-01-31T00:00:00Z') };
  const context = {
    window,
    params: resolveParameters(runbook.manifest, {}),
    run: { id: '' },
    resultsDir: '',
    artifacts: {},
  };
  const reference = runbook.steps.flatMap((step) => {
    const { lineAt, brief } = renderStep(step, context);
    return toolBlocks(brief(), step.file, lineAt).map(({ tool, input }): [string, Record<string, unknown>] => [
      tool,
      input as Record<string, unknown>,
    ]);
  });
  const spec = {
    mark: 'bar',
    encoding: { y: { field: 'model', type: 'nominal' }, x: { field: 'calls', type: 'quantitative' } },
  };
  return [
    ...reference,
    ['write_artifact', { path: 'notes/own.md', content: '# A note' }],
    ['read_artifact', { path: 'data/metrics_by_model.csv' }],
    [
      'render_chart',
      {
        spec,
        data_from: 'data/metrics_by_model.csv',
        save_as: 'figures/own',
        title: 'Calls',
        alt: 'Calls of each model',
      },
    ],
  ];
}

describe('the inspector', () => {
  it('lists every tool, and finds no error in their schemas', async () => {
    const answer = await inspect([process.execPath, ...args], ['--method', 'tools/list', '--strict']);
    const { tools } = (answer as { result: { tools: { name: string }[] } }).result;
    expect(tools.map(({ name }) => name).sort()).toEqual([...toolNames].sort());
  }, 60_000);

  it('calls every tool, in the order of the runbook', async () => {
    const url = await serve();
    const all = calls();
    expect([...new Set(all.map(([tool]) => tool))].sort()).toEqual([...toolNames].sort());
    for (const [tool, input] of all) {
      const given = Object.entries(input).map(([key, value]) => {
        const text = typeof value === 'string' ? value : JSON.stringify(value);
        return ['--tool-arg', `${key}=${text}`];
      });
      const answer = await inspect([url], ['--method', 'tools/call', '--tool-name', tool, ...given.flat()]);
      const data = { structuredContent: { untrusted_data: expect.anything() as object } };
      expect(answer, tool).toMatchObject({ result: data });
    }
    expect(readFileSync(path.join(results, 'recommendations.md'), 'utf8')).toContain('## Executive Summary');
  }, 180_000);
});
