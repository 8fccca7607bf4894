import type { Hono } from 'hono';
import { actorOf, collectionFor } from '../api/auth.ts';
import { refusal } from '../api/errors.ts';
import type { Platform } from '../api/platform.ts';
import { addAudit } from '../store/audit.ts';
import { assertTokensLeft } from '../store/bounds.ts';
import type { Collection } from '../store/collections.ts';
import { createToken, listTokens, revokeToken } from '../store/tokens.ts';
import { page } from './layout.tsx';
import { collectionTabs, pathOf } from './places.ts';
import { fieldsOf, type PageContext, type PageEnv } from './session.ts';
import { assertOther, MadeToken, NewToken, TokenTable, tokenName } from './token-parts.tsx';

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
      await assertTokensLeft(pool, collection.id);
      const { token, text } = await createToken(pool, { collectionId: collection.id, name: tokenName(name) });
      await addAudit(pool, { ...entry, action: 'token.create', target: actorOf(token) });
      return tokensPage(c, platform, collection, text);
    }
    const token = (await listTokens(pool, collection.id)).find((each) => each.id === id);
    if (!token) throw refusal(404, 'There is no such token.');
    assertOther(c, token);
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
      <MadeToken text={made} />
      <TokenTable c={c} here={here} tokens={tokens} />
      <NewToken c={c} here={here} />
    </>
  );
  const crumbs = [{ text: collection.name, href: pathOf(collection.name) }, { text: 'Tokens' }];
  return page(c, { title: 'Tokens', crumbs, tabs: collectionTabs(collection.name, 'tokens'), children });
}
