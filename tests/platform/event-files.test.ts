import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { findUpload, placeOf } from '../../platform/store/uploads.ts';
import { withServer } from './server.ts';
import { Visitor } from './visitor.ts';

const running = withServer();
const { tokens } = running;
const HERE = '/demo/-/deploy';
const FORM = { source: 'files', driver: 'scripted', do: 'save' };
const EVENT = `${JSON.stringify({ event: '$ai_generation', timestamp: '2026-01-01T00:00:00Z', properties: {} })}\n`;

async function paramsOf(name: string): Promise<{ id: string; source: string[] }> {
  const { rows } = await running.platform.pool.query<{ id: string; params: { source: string[] } }>(
    `SELECT collection_id AS id, workflow->'init_params' AS params FROM platform.tasks WHERE name = $1`,
    [name],
  );
  return { id: rows[0]?.id ?? '', source: rows[0]?.params.source ?? [] };
}

describe('files of events', () => {
  it('are kept, and are the source of the task', async () => {
    const browser = await new Visitor(running.base).logIn(tokens.demo);
    const files = [
      new File([EVENT], '../../etc/a b.jsonl'),
      new File([gzipSync(EVENT)], 'b.jsonl.gz'),
      new File([`[${EVENT}]`], 'c.json'),
    ];
    const sent = await browser.postFiles(HERE, HERE, { ...FORM, name: 'sent' }, files);
    expect(sent).toMatchObject({ status: 303, headers: { location: '/demo/sent' } });
    const { id, source } = await paramsOf('sent');
    expect(source.map((each) => each.split('/').at(-1))).toEqual(['00-a_b.jsonl', '01-b.jsonl.gz', '02-c.json']);
    const upload = await findUpload(running.platform.pool, id, source[0] ?? '');
    if (!upload) throw new Error('it was not kept');
    expect(readFileSync(placeOf(running.platform.uploadsDir, upload), 'utf8')).toBe(EVENT);
    expect((await browser.get('/demo/sent')).text).toMatch(/<option value="task" selected="">the task’s files/u);
    const kept = await browser.postFiles('/demo/sent', '/demo/sent', { ...FORM, source: 'task' }, []);
    expect(kept.status).toBe(303);
    expect((await paramsOf('sent')).source).toEqual(source);
  });

  it('are the source of a run alone where it is asked for', async () => {
    const browser = await new Visitor(running.base).logIn(tokens.demo);
    const begun = await browser.postFiles('/demo/sent', '/demo/sent', { ...FORM, do: 'run' }, [
      new File([EVENT], 'one.jsonl'),
    ]);
    expect(begun.status).toBe(303);
    const { rows } = await running.platform.pool.query(`SELECT init_params->'source'->>0 AS source FROM platform.runs`);
    expect(rows).toEqual([{ source: expect.stringMatching(/00-one\.jsonl$/u) }]);
    expect((await paramsOf('sent')).source).toHaveLength(3);
    expect((await browser.get(`${begun.headers.location}/events`)).text).not.toContain('is no source');
  });

  it.each([
    ['none', [], 'Choose a file of events.'],
    ['an empty one', [new File([], 'a.jsonl')], 'a.jsonl is empty.'],
    ['a CSV', [new File(['event,timestamp\n'], 'a.csv')], 'a.csv is no JSON: CSV and other texts are not read.'],
    ['other JSON', [new File(['{"a":1}\n'], '<b>.jsonl')], '&lt;b&gt;.jsonl holds no events'],
    ['a damaged archive', [new File([Buffer.from([0x1f, 0x8b, 1, 2, 3])], 'a.gz')], 'a.gz is damaged'],
    ['too many', Array.from({ length: 21 }, (_, at) => new File([EVENT], `${at}.jsonl`)), '20 files are the most.'],
  ])('are refused beside their field: %s', async (_, files, text) => {
    const browser = await new Visitor(running.base).logIn(tokens.demo);
    const sent = await browser.postFiles(HERE, HERE, { ...FORM, name: 'bad', 'vars.top_n': '7' }, files);
    expect(sent.status).toBe(400);
    const [field = ''] = /<label class="event-files">.*?<\/label>/su.exec(sent.text) ?? [];
    expect(field).toContain('aria-invalid="true"');
    expect(field).toContain(text);
    expect(sent.text).toMatch(/name="vars\.top_n"[^>]*value="7"/u);
    expect((await paramsOf('bad')).source).toEqual([]);
  });

  it('are read only of who is logged in', async () => {
    const large = [new File([EVENT.repeat(10_000)], 'large.jsonl')];
    const fields = { ...FORM, name: 'large' };
    const sent = await new Visitor(running.base).postFiles('/login', HERE, fields, large);
    expect(sent.status).toBe(400);
    expect(sent.text).toContain('too large');
    const browser = await new Visitor(running.base).logIn(tokens.demo);
    expect((await browser.postFiles(HERE, HERE, fields, large)).status).toBe(303);
  });
});
