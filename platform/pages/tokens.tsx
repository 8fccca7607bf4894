import type { Hono } from 'hono';
import { actorOf, collectionFor } from '../api/auth.ts';
import { refusal } from '../api/errors.ts';
import type { Platform } from '../api/platform.ts';
import { addAudit } from '../store/audit.ts';
import type { Collection } from '../store/collections.ts';
import { createToken, listTokens, revokeToken, type Token } from '../store/tokens.ts';
import { Csrf, page, Table, Time } from './layout.tsx';
import { collectionTabs, pathOf } from './places.ts';
import { fieldsOf, type PageContext, type PageEnv } from './session.ts';

const MOST_NAME = 200;
/** Each may ask as often as another one. */
const MOST = 100;
/** As the schema has ids; another text would be an error of the database. */
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

/** The API tokens of a collection. */
export function tokenPages(pages: Hono<PageEnv>, platform: Platform): void {
  const { pool } = platform;
  pages.get('/:collection/-/tokens', async (c) => {
    const collection = await collectionFor(platform, c.get('token'), c.req.param('collection'));
    return tokensPage(c, platform, collection);
  });
  pages.post('/:collection/-/tokens', async (c) => {
    const collection = await collectionFor(platform, c.get('token'), c.req.param('collection'));
    const { do: wanted, name = '', id = '' } = await fieldsOf(c);
    const entry = { collectionId: collection.id, actor: actorOf(c.get('token')) };
    if (wanted === 'create') {
      const called = name.trim();
      if ((await listTokens(pool, collection.id)).length >= MOST)
        throw refusal(400, `A collection has ${MOST} tokens at most: revoke one first.`);
      if (called === '' || called.length > MOST_NAME) throw refusal(400, 'The token needs a name.');
      const { token, text } = await createToken(pool, { collectionId: collection.id, name: called });
      await addAudit(pool, { ...entry, action: 'token.create', target: actorOf(token) });
      return tokensPage(c, platform, collection, text);
    }
    const token = (await listTokens(pool, collection.id)).find((each) => each.id === id);
    if (!ID.test(id) || !token) throw refusal(404, 'There is no such token.');
    await revokeToken(pool, token);
    await addAudit(pool, { ...entry, action: 'token.revoke', target: actorOf(token) });
    return c.redirect(pathOf(collection.name, '-', 'tokens'), 303);
  });
}

/** @param made the text of a token that was just made */
async function tokensPage(c: PageContext, platform: Platform, collection: Collection, made?: string) {
  const tokens = await listTokens(platform.pool, collection.id);
  const here = pathOf(collection.name, '-', 'tokens');
  const children = (
    <>
      <h1>Tokens</h1>
      <p class="lead">For the API, the command line and this login. Each sees this collection and no other.</p>
      {made && (
        <div class="notice good" role="status">
          <p>The new token, which is shown this once:</p>
          <code>{made}</code>
        </div>
      )}
      <TokenTable c={c} here={here} tokens={tokens} />
      <form method="post" action={here} class="card">
        <Csrf c={c} />
        <h2>Make a token</h2>
        <div class="fields">
          <label>
            Name
            <input name="name" required maxlength={MOST_NAME} placeholder="ci" />
            <small>Who or what uses it.</small>
          </label>
        </div>
        <div class="actions">
          <button type="submit" name="do" value="create">
            Make
          </button>
        </div>
      </form>
    </>
  );
  const crumbs = [{ text: collection.name, href: pathOf(collection.name) }, { text: 'Tokens' }];
  return page(c, { title: 'Tokens', crumbs, tabs: collectionTabs(collection.name, 'tokens'), children });
}

function TokenTable({ c, here, tokens }: { c: PageContext; here: string; tokens: Token[] }) {
  if (tokens.length === 0) return <p class="muted">None yet.</p>;
  return (
    <Table of="Tokens">
      <thead>
        <tr>
          <th>Name</th>
          <th>Token</th>
          <th>Made, UTC</th>
          <th>Last used</th>
          <th />
        </tr>
      </thead>
      <tbody>
        {tokens.map(({ id, name, prefix, created, lastUsed }) => (
          <tr>
            <td>{name}</td>
            <td>
              <code>{prefix}…</code>
            </td>
            <td>
              <Time at={created} />
            </td>
            <td>
              <Time at={lastUsed} />
            </td>
            <td class="actions-cell">
              <form method="post" action={here}>
                <Csrf c={c} />
                <input type="hidden" name="id" value={id} />
                <button type="submit" name="do" value="revoke" class="danger" aria-label={`Revoke ${name}`}>
                  Revoke
                </button>
              </form>
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
