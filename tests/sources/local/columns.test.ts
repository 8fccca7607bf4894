import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hogqlText, SIDE_COLUMNS } from '../../../sources/local/columns.ts';
import { Engine } from '../../../sources/local/engine.ts';
import { eventFiles } from '../../../sources/local/files.ts';
import { createTables, loadFiles } from '../../../sources/local/load.ts';

const properties = [...SIDE_COLUMNS.keys()];

/** JSON texts as exporters, SDKs and people spell them: also what `JSON.stringify` never writes. */
const spelledNumber = fc.constantFrom(
  '0',
  '-0',
  '1.0',
  '1.50',
  '1e-7',
  '1E5',
  '1e+2',
  '-12.25',
  '0.1',
  '1e22',
  '123456789012',
  '9007199254740993',
  '18446744073709551615',
  '-9223372036854775808',
  '4.9e-324',
);
const piece = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }).map((text) => JSON.stringify(text).slice(1, -1)),
  fc.constantFrom(
    '\\u00e9',
    '\\/',
    '/',
    '\\n',
    '\\t',
    '\\b',
    '\\f',
    '\\"',
    '\\\\',
    '\\u0000',
    '\\u001f',
    '\\u007f',
    '\u007f',
    '\u2028',
    '\u2029',
    '\\u2028',
    '\\ud83d\\ude00',
    '😀',
    "'",
    '`',
    ';',
    '{',
    '}',
    '[',
    '"properties\\":{'.replace('"', '\\"'),
    'null',
    ' ',
    '&',
    '<',
    '1.0',
    'true',
  ),
);
const spelledString = fc.array(piece, { maxLength: 5 }).map((parts) => `"${parts.join('')}"`);
const space = fc.constantFrom('', ' ', '  ', '\t');
const scalar = fc.oneof(
  spelledNumber,
  spelledString,
  fc.constantFrom('null', 'true', 'false', '""', '"null"', '"1.0"', '" 5 "', '"0x10"', '"nan"', '"inf"', '[]', '{}'),
);
const value: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc
      .tuple(fc.array(tie('value'), { maxLength: 3 }), space)
      .map(([items, gap]) => `[${gap}${items.join(`${gap},${gap}`)}${gap}]`),
    fc
      .array(fc.tuple(spelledString, tie('value'), space), { maxLength: 3 })
      .map((entries) => `{${entries.map(([key, item, gap]) => `${gap}${key}${gap}:${gap}${item}`).join(',')}}`),
  ),
})).value;
/** An object with some of the side properties (now and then twice, or spelled with an escape) and others. */
const key = fc.oneof(
  { arbitrary: fc.constantFrom(...properties), weight: 12 },
  { arbitrary: fc.constantFrom('feature', '\\u0024ai_model', '$ai_inpu\\u0074', '$AI_MODEL', ''), weight: 1 },
);
const object = fc
  .array(fc.tuple(key, value, space), { minLength: 1, maxLength: 8 })
  .map((entries) => `{${entries.map(([name, item, gap]) => `${gap}"${name}"${gap}:${gap}${item}`).join(',')}}`);

const asObject = (text: string) =>
  `{"event":"e","distinct_id":"u","timestamp":"2026-10-01T10:00:00Z","properties":${text}}`;
const asText = (text: string) =>
  JSON.stringify({ event: 'e', distinct_id: 'u', timestamp: '2026-10-01T10:00:00Z', properties: text });

async function withLoaded<T>(lines: string[], use: (engine: Engine) => Promise<T>): Promise<T> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'columns-test-'));
  const engine = await Engine.open(scratch);
  try {
    writeFileSync(path.join(scratch, 'a.jsonl'), lines.join('\n'));
    await createTables(engine);
    await loadFiles(engine, eventFiles([path.join(scratch, 'a.jsonl')]));
    return await use(engine);
  } finally {
    await engine.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Rows whose side column is not what HogQL's expression gives, with both. */
async function differences(engine: Engine): Promise<unknown[][]> {
  const found: unknown[][] = [];
  for (const [property, { text, number }] of SIDE_COLUMNS) {
    const exact = hogqlText('properties', property);
    const pairs: [string, string][] = [[`${text}`, exact]];
    if (number) pairs.push([number, `accurateCastOrNull(${exact}, 'Float64')`]);
    for (const [column, expression] of pairs) {
      found.push(
        ...(await engine.rows(
          `SELECT '${column}', toString(${column}), toString(${expression}), properties FROM events
           WHERE coalesce(toString(${column}), '<null>') != coalesce(toString(${expression}), '<null>') LIMIT 1`,
        )),
      );
    }
  }
  return found;
}

describe('side columns', () => {
  it('cover the properties that analyses read', () => {
    expect(properties).toEqual(
      expect.arrayContaining([
        '$ai_trace_id',
        '$ai_span_name',
        '$ai_total_cost_usd',
        '$ai_input',
        '$ai_output_choices',
      ]),
    );
    expect(SIDE_COLUMNS.get('$ai_total_cost_usd')).toEqual({
      text: 't_ai_total_cost_usd',
      number: 'n_ai_total_cost_usd',
    });
    expect(SIDE_COLUMNS.get('$ai_model')).toEqual({ text: 't_ai_model' });
  });

  it.each([
    ['an object', asObject],
    ['a text', asText],
  ])('hold exactly HogQL’s value of any JSON, given as %s', async (_name, spell) => {
    await fc.assert(
      fc.asyncProperty(fc.array(object, { minLength: 40, maxLength: 80 }), async (objects) => {
        await withLoaded(objects.map(spell), async (engine) => {
          expect(await engine.rows('SELECT toUInt32(count()) FROM events')).toEqual([[objects.length]]);
          expect(await differences(engine)).toEqual([]);
        });
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });

  it('differ where they should: the check sees a wrong column', async () => {
    await withLoaded([asObject('{"$ai_model":"a"}')], async (engine) => {
      await engine.run("ALTER TABLE events UPDATE t_ai_model = 'b' WHERE 1 SETTINGS mutations_sync = 2");
      expect(await differences(engine)).toEqual([['t_ai_model', 'b', 'a', '{"$ai_model":"a"}']]);
    });
  });

  it('keep the properties’ text as it stood in the line', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(object, { minLength: 30, maxLength: 60 }), async (objects) => {
        const given = objects.filter((text) => text === text.trim());
        await withLoaded(
          given.map((text, n) =>
            asObject(text).replace('{', `{"uuid":"00000000-0000-4000-8000-${String(n).padStart(12, '0')}",`),
          ),
          async (engine) => {
            const kept = await engine.rows('SELECT base64Encode(properties) FROM events ORDER BY toString(uuid)');
            expect(kept.map(([text]) => Buffer.from(String(text), 'base64').toString('utf8'))).toEqual(given);
          },
        );
      }),
      { numRuns: 6, endOnFailure: true },
    );
  });
});
