import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { expect, it } from 'vitest';
import { open, rows } from './events.ts';

const FILE = '../shared/data/tau2.jsonl.gz';
if (!existsSync(FILE)) process.stderr.write(`\n*** ${FILE} is missing: loading real events is NOT tested ***\n\n`);

interface Group {
  calls: number;
  cost: number;
  priced: number;
  input: number;
  latency: number;
  content: number;
}

/** The same sums by plain JavaScript, line by line. */
async function expected(): Promise<Map<string, Group>> {
  const groups = new Map<string, Group>();
  const lines = createInterface({
    input: createReadStream(FILE).pipe(createGunzip()),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  for await (const line of lines) {
    const { properties } = JSON.parse(line) as { properties: Record<string, unknown> };
    const key = `${String(properties.$ai_span_name)} ${String(properties.$ai_model)}`;
    const group = groups.get(key) ?? { calls: 0, cost: 0, priced: 0, input: 0, latency: 0, content: 0 };
    group.calls += 1;
    const cost = properties.$ai_total_cost_usd;
    if (typeof cost === 'number') {
      group.cost += cost;
      group.priced += 1;
    }
    group.input += Number(properties.$ai_input_tokens ?? 0);
    group.latency += Number(properties.$ai_latency ?? 0);
    if (properties.$ai_output_choices !== null && properties.$ai_output_choices !== undefined) group.content += 1;
    groups.set(key, group);
  }
  return groups;
}

it.skipIf(!existsSync(FILE))('real events add up as an independent computation says', async () => {
  const source = await open(FILE);
  expect(source.notices()).toEqual([]);
  expect(await rows(source, 'SELECT count(), uniqExact(uuid), uniqExact(properties.$ai_trace_id) FROM events')).toEqual(
    [[15_417, 15_417, 797]],
  );
  const groups = await expected();
  const found = await rows(
    source,
    `SELECT concat(properties.$ai_span_name, ' ', properties.$ai_model), count(), sum(toFloat(properties.$ai_total_cost_usd)), count(toFloat(properties.$ai_total_cost_usd)),
      sum(toFloat(properties.$ai_input_tokens)), sum(toFloat(properties.$ai_latency)), countIf(isNotNull(properties.$ai_output_choices)) FROM events GROUP BY 1 LIMIT 1000`,
  );
  expect(found).toHaveLength(groups.size);
  for (const [key, calls, cost, priced, input, latency, content] of found) {
    const group = groups.get(String(key));
    expect({ key, calls, priced, input: Number(input ?? 0), content }).toEqual({
      key,
      calls: group?.calls,
      priced: group?.priced,
      input: group?.input,
      content: group?.content,
    });
    expect(Number(cost ?? 0)).toBeCloseTo(group?.cost ?? Number.NaN, 8);
    expect(Number(latency)).toBeCloseTo(group?.latency ?? Number.NaN, 4);
  }
  expect(source.now().toISOString()).toBe('2026-07-31T01:44:05.268Z');
});
