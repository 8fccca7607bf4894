import type { Hono } from 'hono';
import { actorOf, assertAdministrator, collectionFor } from '../api/auth.ts';
import { refusal } from '../api/errors.ts';
import type { Platform } from '../api/platform.ts';
import { addAudit } from '../store/audit.ts';
import { COLLECTION_NAME, createCollection, listCollections } from '../store/collections.ts';
import { listTasks } from '../store/tasks.ts';
import { Csrf, FormError, page, Time } from './layout.tsx';
import { administratorTabs, collectionTabs, pathOf } from './places.ts';
import { fieldsOf, type PageContext, type PageEnv } from './session.ts';

const MOST = 500;

/** The collections, which the administrator makes, and the tasks of one. */
export function collectionPages(pages: Hono<PageEnv>, platform: Platform): void {
  pages.get('/', async (c) => {
    const { collectionId: id } = c.get('token');
    if (id === null) return collectionsPage(c, platform);
    const [own] = await listCollections(platform.pool, { id, limit: 1 });
    if (!own) throw refusal(404, 'The collection of your token is gone.');
    return c.redirect(pathOf(own.name), 303);
  });
  pages.post('/', async (c) => {
    assertAdministrator(c.get('token'));
    const given = await fieldsOf(c);
    const name = (given.name ?? '').trim();
    if (!COLLECTION_NAME.test(name)) return collectionsPage(c, platform, { given, error: NAMES });
    const made = await createCollection(platform.pool, { name, description: given.description?.trim() });
    if (!made) return collectionsPage(c, platform, { given, error: `There is a collection ${name} already.` });
    const entry = { collectionId: made.id, actor: actorOf(c.get('token')), target: made.name };
    await addAudit(platform.pool, { ...entry, action: 'collection.create' });
    return c.redirect(pathOf(made.name), 303);
  });
  pages.get('/:collection', async (c) => {
    const collection = await collectionFor(platform, c.get('token'), c.req.param('collection'));
    const tasks = await listTasks(platform.pool, collection.id, { limit: MOST });
    const children = (
      <>
        <div class="top">
          <div>
            <h1>{collection.name}</h1>
            {collection.description && <p class="lead">{collection.description}</p>}
          </div>
          <div class="actions">
            <a href={pathOf(collection.name, '-', 'import')}>A runbook of your own</a>
            <a class="button" href={pathOf(collection.name, '-', 'deploy')}>
              Deploy a runbook
            </a>
          </div>
        </div>
        {tasks.length === 0 && <p class="muted">No tasks yet: deploy the runbook that ships with the program.</p>}
        {tasks.length > 0 && (
          <ul class="entries">
            {tasks.map(({ name, description, updated }) => (
              <li>
                <small>
                  changed <Time at={updated} />
                </small>
                <a href={pathOf(collection.name, name)}>{name}</a>
                {description && <p>{description}</p>}
              </li>
            ))}
          </ul>
        )}
      </>
    );
    const tabs = collectionTabs(collection.name, 'tasks');
    return page(c, { title: collection.name, crumbs: [{ text: collection.name }], tabs, children });
  });
}

const NAMES =
  'A name has letters, digits, - and _, 63 at most, begins with a letter or a digit, and is none of api, v1, assets, login and logout.';

interface Refused {
  given: Record<string, string>;
  error: string;
}

/** What the administrator sees first. */
async function collectionsPage(c: PageContext, { pool }: Platform, refused?: Refused) {
  const found = await listCollections(pool, { limit: MOST });
  const children = (
    <>
      <h1>Collections</h1>
      {found.length === 0 && <p class="muted">There are none yet.</p>}
      {found.length > 0 && (
        <ul class="entries">
          {found.map(({ name, description }) => (
            <li>
              <a href={pathOf(name)}>{name}</a>
              {description && <p>{description}</p>}
            </li>
          ))}
        </ul>
      )}
      <NewCollection c={c} {...refused} />
    </>
  );
  const shown = { title: 'Runbooks', tabs: administratorTabs('collections'), children };
  return page(c, shown, refused === undefined ? 200 : 400);
}

function NewCollection({ c, given = {}, error }: Partial<Refused> & { c: PageContext }) {
  return (
    <form method="post" action="/" class="card" aria-label="New collection">
      <Csrf c={c} />
      <h2>Make a collection</h2>
      <FormError text={error} />
      <div class="fields">
        <label>
          Name
          <input
            name="name"
            required
            maxlength={63}
            pattern={'[A-Za-z0-9][A-Za-z0-9_\\-]*'}
            value={given.name ?? ''}
            autocomplete="off"
            placeholder="support-team"
          />
          <small>Letters, digits, - and _; a part of addresses.</small>
        </label>
        <label>
          Description
          <input name="description" maxlength={500} value={given.description ?? ''} autocomplete="off" />
          <small>What its tasks are for. It may be left empty.</small>
        </label>
      </div>
      <div class="actions">
        <button type="submit">Make</button>
      </div>
    </form>
  );
}
