import type { Hono } from 'hono';
import { loadRunbook } from '../../agent/runbook/load.ts';
import { actorOf, collectionFor } from '../api/auth.ts';
import { refusal } from '../api/errors.ts';
import type { Platform } from '../api/platform.ts';
import { transaction } from '../database/pool.ts';
import { addAudit } from '../store/audit.ts';
import { changeVariables, listVariables, VARIABLE_NAME, type Variable } from '../store/environment.ts';
import { isOfServer } from '../work/environment.ts';
import { MODEL_KEYS } from './asked.ts';
import { Csrf, page, RowForm, Table, Time } from './layout.tsx';
import { collectionTabs, pathOf } from './places.ts';
import { fieldsOf, type PageContext, type PageEnv } from './session.ts';

const MAX_VALUE = 64_000;

/** The variables of a collection: they can be set and removed, never read. */
export function variablePages(pages: Hono<PageEnv>, platform: Platform): void {
  const { pool, cipher } = platform;
  pages.get('/:collection/-/variables', async (c) => {
    const collection = await collectionFor(platform, c.get('token'), c.req.param('collection'));
    const variables = await listVariables(pool, collection.id);
    const here = pathOf(collection.name, '-', 'variables');
    const children = (
      <>
        <h1>Variables</h1>
        <p class="lead">
          Keys and settings that the runs of this collection read. Values are kept encrypted, given to runs, and never
          shown again.
        </p>
        <VariableTable c={c} here={here} variables={variables} />
        <SetVariable c={c} here={here} name={c.req.query('name') ?? ''} />
      </>
    );
    const crumbs = [{ text: collection.name, href: pathOf(collection.name) }, { text: 'Variables' }];
    return page(c, { title: 'Variables', crumbs, tabs: collectionTabs(collection.name, 'variables'), children });
  });
  pages.post('/:collection/-/variables', async (c) => {
    const collection = await collectionFor(platform, c.get('token'), c.req.param('collection'));
    const { do: wanted, name = '', value = '' } = await fieldsOf(c);
    if (!VARIABLE_NAME.test(name)) throw refusal(400, 'A name has letters, digits and _, and begins with no digit.');
    if (isOfServer(name)) throw refusal(400, `${name} is the server’s own: it says which programs and files are used.`);
    if (wanted === 'set' && value === '') throw refusal(400, 'A value is needed.');
    if (value.length > MAX_VALUE) throw refusal(400, `A value has ${MAX_VALUE} characters at most.`);
    const isRemoved = wanted !== 'set';
    await transaction(pool, async (db) => {
      const changes = { [name]: isRemoved ? null : value };
      await changeVariables(db, { collectionId: collection.id, cipher, changes });
      const action = `environment.${isRemoved ? 'remove' : 'set'}`;
      const entry = { collectionId: collection.id, actor: actorOf(c.get('token')) };
      await addAudit(db, { ...entry, action, target: name });
    });
    return c.redirect(pathOf(collection.name, '-', 'variables'), 303);
  });
}

function VariableTable({ c, here, variables }: { c: PageContext; here: string; variables: Variable[] }) {
  if (variables.length === 0) return <p class="muted">None are set.</p>;
  return (
    <Table of="Variables">
      <thead>
        <tr>
          <th>Name</th>
          <th>Set, UTC</th>
          <th />
        </tr>
      </thead>
      <tbody>
        {variables.map(({ name, updated }) => (
          <tr>
            <td>
              <code>{name}</code>
            </td>
            <td>
              <Time at={updated} />
            </td>
            <td class="actions-cell">
              <RowForm c={c} here={here} field="name" value={name} action="remove" text="Remove" name={name} />
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function SetVariable({ c, here, name }: { c: PageContext; here: string; name: string }) {
  const { secrets } = loadRunbook().manifest;
  const known = [...Object.values(secrets).map(({ env }) => env), ...MODEL_KEYS];
  return (
    <form method="post" action={here} class="card" autocomplete="off">
      <Csrf c={c} />
      <h2>Set a variable</h2>
      <div class="fields">
        <label>
          Name
          <input name="name" value={name} required pattern="[A-Za-z_][A-Za-z0-9_]*" maxlength={128} list="names" />
          <datalist id="names">
            {known.map((each) => (
              <option value={each} />
            ))}
          </datalist>
        </label>
        <label>
          Value
          <input name="value" type="text" class="secret" required autocomplete="off" spellcheck={false} />
        </label>
      </div>
      <details class="help">
        <summary>What the bundled runbook reads</summary>
        <dl>
          {Object.values(secrets).map(({ env, description }) => (
            <>
              <dt>
                <code>{env}</code>
              </dt>
              <dd>{description}</dd>
            </>
          ))}
        </dl>
      </details>
      <div class="actions">
        <button type="submit" name="do" value="set">
          Set
        </button>
      </div>
    </form>
  );
}
