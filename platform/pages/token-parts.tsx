import type { Child } from 'hono/jsx';
import { refusal } from '../api/errors.ts';
import type { Token } from '../store/tokens.ts';
import { Csrf, RowForm, Table, Time } from './layout.tsx';
import type { PageContext } from './session.ts';

const MOST_NAME = 200;

/** @throws 400 for none, and for one that is too long */
export function tokenName(given: string): string {
  const name = given.trim();
  if (name === '' || name.length > MOST_NAME) throw refusal(400, 'The token needs a name.');
  return name;
}

/** Nobody shuts themselves out. @throws 400 for the token that they are logged in with */
export function assertOther(c: PageContext, { id }: Pick<Token, 'id'>): void {
  if (id === c.get('token').id) throw refusal(400, 'You are logged in with this token: revoke it with another one.');
}

/** The text of a token that was just made. */
export function MadeToken({ text }: { text: string | undefined }) {
  if (text === undefined) return null;
  return (
    <div class="notice good" role="status">
      <p>The new token, which is shown this once:</p>
      <code>{text}</code>
    </div>
  );
}

/** A token, with the name of its collection where tokens of several are shown; null for the administrator's. */
type Shown = Token & { collection?: string | null };

interface TableProps {
  c: PageContext;
  /** Where the forms go. */
  here: string;
  tokens: readonly Shown[];
  /** Whether each is shown with its collection. */
  ofAll?: boolean;
}

/** Tokens, each with the form that revokes it; but for the one that whoever looks at them is logged in with. */
export function TokenTable({ c, here, tokens, ofAll = false }: TableProps) {
  if (tokens.length === 0) return <p class="muted">None yet.</p>;
  const own = c.get('token').id;
  return (
    <Table of="Tokens">
      <thead>
        <tr>
          <th>Name</th>
          {ofAll && <th>Sees</th>}
          <th>Token</th>
          <th>Made, UTC</th>
          <th>Last used</th>
          <th />
        </tr>
      </thead>
      <tbody>
        {tokens.map(({ id, name, prefix, created, lastUsed, collection }) => (
          <tr>
            <td>{name}</td>
            {ofAll && <td>{collection ?? <span class="state">everything</span>}</td>}
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
              {id === own ? (
                <span class="muted">yours</span>
              ) : (
                <RowForm c={c} here={here} field="id" value={id} action="revoke" text="Revoke" name={name} />
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

/** Makes a token. @param children more fields */
export function NewToken({ c, here, children }: { c: PageContext; here: string; children?: Child }) {
  return (
    <form method="post" action={here} class="card">
      <Csrf c={c} />
      <h2>Make a token</h2>
      <div class="fields">
        <label>
          Name
          <input name="name" required maxlength={MOST_NAME} placeholder="ci" autocomplete="off" />
          <small>Who or what uses it.</small>
        </label>
        {children}
      </div>
      <div class="actions">
        <button type="submit" name="do" value="create">
          Make
        </button>
      </div>
    </form>
  );
}
