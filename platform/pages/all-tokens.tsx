import type { Hono } from 'hono';
import { actorOf, assertAdministrator } from '../api/auth.ts';
import { refusal } from '../api/errors.ts';
import type { Platform } from '../api/platform.ts';
import { addAudit } from '../store/audit.ts';
import { assertTokensLeft } from '../store/bounds.ts';
import { collectionByName, listCollections } from '../store/collections.ts';
import { createToken, listAllTokens, revokeToken } from '../store/tokens.ts';
import { page } from './layout.tsx';
import { administratorTabs } from './places.ts';
import { fieldsOf, type PageContext, type PageEnv } from './session.ts';
import { assertOther, MadeToken, NewToken, TokenTable, tokenName } from './token-parts.tsx';

const HERE = '/-/tokens';
const MOST = 500;

/** The tokens of every collection and of the administrator, for the administrator. */
export function allTokensPages(pages: Hono<PageEnv>, platform: Platform): void {
  const { pool } = platform;
  pages.get(HERE, async (c) => {
    assertAdministrator(c.get('token'));
    return allTokensPage(c, platform);
  });
  pages.post(HERE, async (c) => {
    const by = c.get('token');
    assertAdministrator(by);
    const { do: wanted, name = '', collection = '', id } = await fieldsOf(c);
    if (wanted === 'create') {
      const of = collection === '' ? null : await collectionByName(pool, collection);
      if (of === undefined) throw refusal(404, 'There is no such collection.');
      const collectionId = of?.id ?? null;
      if (collectionId !== null) await assertTokensLeft(pool, collectionId);
      const { token, text } = await createToken(pool, { collectionId, name: tokenName(name) });
      await addAudit(pool, { collectionId, actor: actorOf(by), action: 'token.create', target: actorOf(token) });
      return allTokensPage(c, platform, text);
    }
    const token = (await listAllTokens(pool, MOST)).find((each) => each.id === id);
    if (!token) throw refusal(404, 'There is no such token.');
    assertOther(c, token);
    await revokeToken(pool, token);
    const entry = { collectionId: token.collectionId, actor: actorOf(by), action: 'token.revoke' };
    await addAudit(pool, { ...entry, target: actorOf(token) });
    return c.redirect(HERE, 303);
  });
}

/** @param made the text of a token that was just made */
async function allTokensPage(c: PageContext, { pool }: Platform, made?: string) {
  const [tokens, collections] = await Promise.all([listAllTokens(pool, MOST), listCollections(pool, { limit: MOST })]);
  const children = (
    <>
      <h1>Tokens</h1>
      <p class="lead">
        For the API, the command line and this login. A token of a collection sees that one alone; the administrator’s
        sees everything, and makes collections and tokens.
      </p>
      <MadeToken text={made} />
      <TokenTable c={c} here={HERE} tokens={tokens} ofAll />
      <NewToken c={c} here={HERE}>
        <label>
          Sees
          <select name="collection">
            {collections.map(({ name }) => (
              <option value={name}>{name}</option>
            ))}
            <option value="">everything: the administrator’s</option>
          </select>
          <small>One collection, or all of them.</small>
        </label>
      </NewToken>
    </>
  );
  return page(c, { title: 'Tokens', crumbs: [{ text: 'Tokens' }], tabs: administratorTabs('tokens'), children });
}
