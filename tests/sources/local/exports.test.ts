import { rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Engine } from '../../../sources/local/engine.ts';
import { event, file, folder, open, rows, uuid } from './events.ts';

/** A Parquet file of a query's rows, as a batch export writes it. */
async function parquet(select: string): Promise<string> {
  const scratch = folder();
  const target = path.join(scratch, 'export.parquet');
  const engine = await Engine.open(scratch);
  try {
    await engine.run(`INSERT INTO FUNCTION file('${target}', 'Parquet') ${select}`);
  } finally {
    await engine.close();
  }
  return target;
}

describe('Parquet batch exports', () => {
  it('are read with their types, properties as JSON text', async () => {
    const made =
      await parquet(`SELECT '${uuid(1)}' AS uuid, '$ai_generation' AS event, 'u' AS distinct_id, '{"$ai_model":"m","$ai_input_tokens":7,"x":"it''s"}' AS properties,
      toDateTime64('2026-10-01 10:00:00.123456', 6, 'UTC') AS timestamp, toDateTime64('2026-10-01 10:00:01', 6, 'UTC') AS created_at, '${uuid(9)}' AS person_id, '' AS elements_chain, '{}' AS person_properties`);
    const source = await open(made);
    expect(
      await rows(
        source,
        'SELECT uuid, event, distinct_id, properties.$ai_model, toFloat(properties.$ai_input_tokens), properties.x, timestamp, created_at, person_id FROM events',
      ),
    ).toEqual([
      [uuid(1), '$ai_generation', 'u', 'm', 7, "it's", '2026-10-01T10:00:00.123456Z', '2026-10-01T10:00:01Z', uuid(9)],
    ]);
    expect(source.notices()).toEqual([]);
  });

  it('may lack columns and hold nulls; rows without an event are skipped and counted', async () => {
    const made = await parquet(
      `SELECT if(number = 0, NULL, 'e') AS event, toDateTime64(1790848800 + number, 6) AS timestamp, if(number = 1, NULL, '{"n":' || toString(number) || if(number = 3, 'NaN}', '}')) AS properties FROM numbers(5)`,
    );
    const source = await open(made);
    expect(await rows(source, 'SELECT properties.n, distinct_id FROM events ORDER BY timestamp')).toEqual([
      [null, ''],
      ['2', ''],
      [null, ''],
      ['4', ''],
    ]);
    expect(source.notices()).toMatchObject([
      { code: 'lines_skipped', count: 1, message: expect.stringContaining('1 of 5 rows') },
    ]);
  });

  it('are refused without the columns of events', async () => {
    const made = await parquet('SELECT 1 AS a');
    await expect(open(made)).rejects.toMatchObject({ code: 'not_events', message: expect.stringContaining('"event"') });
  });
});

const AI_ROW = {
  uuid: uuid(1),
  event: '$ai_generation',
  timestamp: '2026-10-01T10:00:00.000000+00:00',
  distinct_id: 'u',
  properties: { feature: 'search', $ai_model: 'from properties' },
  trace_id: 't-1',
  span_name: 'say "hi"/\\',
  model: 'from column',
  input: '[{"role":"user","content":"a \\"quoted\\" prompt"}]',
  output_choices: '[{"role":"assistant","content":"ok"}]',
  output: 'not JSON',
  input_tokens: 12,
  total_cost_usd: 0.5,
  latency: null,
  is_error: 0,
};
const CHECK = `SELECT properties.feature, properties.$ai_model, properties.$ai_trace_id, properties.$ai_span_name, properties.$ai_input, properties.$ai_output_choices,
  toFloat(properties.$ai_input_tokens), toFloat(properties.$ai_total_cost_usd), properties.$ai_latency, properties.$ai_is_error FROM events`;
const EXPECTED = [
  [
    'search',
    'from properties',
    't-1',
    'say \\"hi\\"/\\\\',
    '[{"role":"user","content":"a \\"quoted\\" prompt"}]',
    '[{"role":"assistant","content":"ok"}]',
    12,
    0.5,
    null,
    'false',
  ],
];

describe('exports of posthog.ai_events', () => {
  it.each([
    ['properties as an object', AI_ROW],
    ['properties as a text', { ...AI_ROW, properties: JSON.stringify(AI_ROW.properties) }],
  ])('put the content back on the event (JSON lines, %s)', async (_name, row) => {
    const source = await open(file('ai.jsonl', `${JSON.stringify(row)}\n`));
    expect(await rows(source, CHECK)).toEqual(EXPECTED);
    expect(
      await rows(
        source,
        "SELECT trace_id, span_name, model, input, output, output_choices, input_tokens, total_cost_usd, latency, is_error FROM posthog.ai_events WHERE trace_id = 't-1'",
      ),
    ).toEqual([
      ['t-1', 'say "hi"/\\', 'from properties', AI_ROW.input, '"not JSON"', AI_ROW.output_choices, 12, 0.5, null, 0],
    ]);
  });

  it('put the content back on the event (Parquet)', async () => {
    const made =
      await parquet(`SELECT '${uuid(1)}' AS uuid, '$ai_generation' AS event, 'u' AS distinct_id, '{"feature":"search","$ai_model":"from properties"}' AS properties, toDateTime64('2026-10-01 10:00:00', 6, 'UTC') AS timestamp,
      't-1' AS trace_id, 'say "hi"/\\\\' AS span_name, '${AI_ROW.input.replaceAll('\\', '\\\\')}' AS input, '${AI_ROW.output_choices}' AS output_choices, toInt64(12) AS input_tokens, 0.5 AS total_cost_usd, toUInt8(0) AS is_error`);
    expect(await rows(await open(made), CHECK)).toEqual(EXPECTED);
  });

  it('win over the same events without content, in whichever order they come', async () => {
    const light = file('events.jsonl', event(AI_ROW.properties, { uuid: uuid(1), distinct_id: 'u' }));
    const full = file('ai.jsonl', JSON.stringify(AI_ROW));
    for (const paths of [
      [light, full],
      [full, light],
    ]) {
      const source = await open(paths);
      expect(await rows(source, CHECK)).toEqual(EXPECTED);
      expect(source.notices()).toMatchObject([{ code: 'duplicates_dropped', count: 1 }]);
      await source.close();
    }
  });
});

describe('posthog.ai_events over events', () => {
  it('has the content, tokens and flags of AI events only', async () => {
    const lines = [
      event({
        $ai_trace_id: 't',
        $ai_input: [{ role: 'user', content: 'é' }],
        $ai_output_choices: [],
        $ai_is_error: 'true',
        $ai_input_tokens: 5,
        $ai_latency: 1.5,
        $ai_error: '',
      }),
      event({ $ai_trace_id: 'p', $ai_input: null, $ai_is_error: true }, { time: '2026-10-01T10:00:01Z' }),
      event({ $ai_trace_id: 'no' }, { event: 'pageview' }),
    ];
    const source = await open(file('a.jsonl', lines.join('\n')));
    expect(
      await rows(
        source,
        'SELECT trace_id, input, output_choices, is_error, input_tokens, latency, error, span_name FROM posthog.ai_events ORDER BY timestamp',
      ),
    ).toEqual([
      ['t', '[{"role":"user","content":"é"}]', '[]', 1, 5, 1.5, '', null],
      ['p', null, null, 1, null, null, null, null],
    ]);
  });

  it('leaves nothing behind', async () => {
    const cacheDir = folder();
    const source = await open(file('a.jsonl', event()), { cacheDir });
    await source.close();
    rmSync(cacheDir, { recursive: true });
    await expect(source.query({ sql: 'SELECT 1' })).rejects.toMatchObject({ code: 'source_unavailable' });
  });
});
