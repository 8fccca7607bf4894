import { describe, expect, it } from 'vitest';
import { collectionByName } from '../../platform/store/collections.ts';
import { createToken } from '../../platform/store/tokens.ts';
import { withServer } from './server.ts';
import { Visitor } from './visitor.ts';

const running = withServer();
const { tokens } = running;
const visitor = () => new Visitor(running.base);
const HOSTILE = '<script>alert(1)</script>';
const TOKENS = '/-/tokens';

describe('collections', () => {
  it('are made by the administrator, with names as the API takes them', async () => {
    const admin = await visitor().logIn(tokens.admin);
    const make = (fields: Record<string, string>) => admin.post('/', '/', fields);
    const made = await make({ name: 'team-a', description: HOSTILE });
    expect(made).toMatchObject({ status: 303, headers: { location: '/team-a' } });
    const { text } = await admin.get('/');
    expect(text).toContain('href="/team-a"');
    expect(text).not.toContain(HOSTILE);
    for (const name of [
      '',
      '-',
      'API',
      'v1',
      'assets',
      'login',
      'logout',
      '-/tokens',
      'a b',
      'ä',
      'x'.repeat(64),
      HOSTILE,
    ]) {
      const refused = await make({ name, description: 'kept' });
      expect(refused.status, name).toBe(400);
      expect(refused.text).toContain('A name has letters');
      expect(refused.text).toContain('value="kept"');
      expect(refused.text).not.toContain(HOSTILE);
    }
    const twice = await make({ name: 'TEAM-A' });
    expect(twice.status).toBe(400);
    expect(twice.text).toContain('There is a collection TEAM-A already.');
    expect((await admin.get('/team-a/-/audit')).text).toContain('collection.create');
  });

  it('are made by nobody else', async () => {
    const demo = await visitor().logIn(tokens.demo);
    expect((await demo.post('/demo', '/', { name: 'theirs' })).status).toBe(403);
    const admin = await visitor().logIn(tokens.admin);
    expect((await admin.get('/theirs')).status).toBe(404);
    expect((await admin.send('/', { name: 'theirs' })).status).toBe(403);
  });
});

describe('tokens of all', () => {
  it('are made for a collection or for the administrator, and revoked', async () => {
    const admin = await visitor().logIn(tokens.admin);
    const made = async (fields: Record<string, string>) => {
      const { text } = await admin.post(TOKENS, TOKENS, { do: 'create', ...fields });
      expect(text).not.toContain(HOSTILE);
      return /mlc_[a-z0-9]{32}/u.exec(text)?.[0] ?? '';
    };
    const one = await visitor().logIn(await made({ name: HOSTILE, collection: 'demo' }));
    expect((await one.get('/')).headers.location).toBe('/demo');
    expect((await one.get('/other')).status).toBe(404);
    const second = await visitor().logIn(await made({ name: 'second', collection: '' }));
    expect((await second.get('/other')).status).toBe(200);
    const list = await admin.get(TOKENS);
    expect(list.text).toMatch(/second.*everything.*demo/su);
    expect(list.text).not.toMatch(/mlc_[a-z0-9]{32}/u);
    const { rows } = await running.platform.pool.query<{ id: string }>(
      `SELECT id FROM platform.tokens WHERE name = ANY($1) ORDER BY created`,
      [[HOSTILE, 'second']],
    );
    for (const { id } of rows)
      expect((await admin.post(TOKENS, TOKENS, { do: 'revoke', id })).headers.location).toBe(TOKENS);
    for (const browser of [one, second]) expect((await browser.get('/')).headers.location).toBe('/login');
    expect((await admin.get('/demo/-/audit')).text).toMatch(/token\.revoke.*token\.create/su);
  });

  it('leave the administrator the token that is in use, and refuse what is none', async () => {
    const { rows } = await running.platform.pool.query<{ id: string }>(
      `SELECT id FROM platform.tokens WHERE name = 'admin'`,
    );
    const admin = await visitor().logIn(tokens.admin);
    expect((await admin.post(TOKENS, TOKENS, { do: 'revoke', id: rows[0]?.id ?? '' })).status).toBe(400);
    expect((await admin.post(TOKENS, TOKENS, { do: 'revoke', id: 'x' })).status).toBe(404);
    expect((await admin.post(TOKENS, TOKENS, { do: 'create', name: 'x', collection: 'nowhere' })).status).toBe(404);
    expect((await admin.post(TOKENS, TOKENS, { do: 'create', name: ' ' })).status).toBe(400);
    expect((await admin.get(TOKENS)).status).toBe(200);
  });

  it('are nobody else’s business', async () => {
    const demo = await visitor().logIn(tokens.demo);
    expect((await demo.get(TOKENS)).status).toBe(403);
    expect((await demo.post('/demo', TOKENS, { do: 'create', name: 'x', collection: '' })).status).toBe(403);
    expect((await visitor().get(TOKENS)).headers.location).toBe('/login?to=%2F-%2Ftokens');
  });
});

describe('the audit of all', () => {
  it('shows the administrator what happened in every collection and on the server', async () => {
    expect((await visitor().post('/login', '/login', { token: 'mlc_nobody' })).status).toBe(401);
    const admin = await visitor().logIn(tokens.admin);
    await admin.post(TOKENS, TOKENS, { do: 'create', name: HOSTILE, collection: '' });
    await visitor().logIn(tokens.other);
    const { text } = await admin.get('/-/audit');
    expect(text).toMatch(/session\.begin<\/code><\/td><td>other<.*token\.create<.*session\.refused/su);
    expect(text).not.toContain(HOSTILE);
    const demo = await visitor().logIn(tokens.demo);
    expect((await demo.get('/-/audit')).status).toBe(403);
  });
});

describe('the tokens of a collection', () => {
  it('are 100 at most, whoever makes them; those that were revoked do not count', async () => {
    const { pool } = running.platform;
    const admin = await visitor().logIn(tokens.admin);
    await admin.post('/', '/', { name: 'crowded' });
    const crowded = await collectionByName(pool, 'crowded');
    const collectionId = crowded?.id ?? '';
    for (let made = 0; made < 100; made += 1) await createToken(pool, { collectionId, name: `t${made}` });
    const here = '/crowded/-/tokens';
    const make = { do: 'create', name: 'one more' };
    for (const refused of [
      await admin.post(here, here, make),
      await admin.post(TOKENS, TOKENS, { ...make, collection: 'crowded' }),
    ]) {
      expect(refused.status).toBe(400);
      expect(refused.text).toContain('A collection has 100 tokens at most: revoke one first.');
    }
    await pool.query("UPDATE platform.tokens SET revoked = now() WHERE name = 't0' AND collection_id = $1", [
      collectionId,
    ]);
    expect((await admin.post(TOKENS, TOKENS, { ...make, collection: 'crowded' })).status).toBe(200);
    expect((await admin.post(TOKENS, TOKENS, { ...make, collection: '' })).status).toBe(200);
  });
});
