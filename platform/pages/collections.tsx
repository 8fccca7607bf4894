import type { Hono } from 'hono';
import { collectionFor } from '../api/auth.ts';
import type { Platform } from '../api/platform.ts';
import { type Collection, listCollections } from '../store/collections.ts';
import { listTasks } from '../store/tasks.ts';
import { page, Time } from './layout.tsx';
import { collectionTabs, pathOf } from './places.ts';
import type { PageEnv } from './session.ts';

const MOST = 500;

/** The collections that a token sees, and the tasks of one. */
export function collectionPages(pages: Hono<PageEnv>, platform: Platform): void {
  pages.get('/', async (c) => {
    const { collectionId: id } = c.get('token');
    const found = await listCollections(platform.pool, { id, limit: MOST });
    const [only] = found;
    if (found.length === 1 && only) return c.redirect(pathOf(only.name), 303);
    return page(c, { title: 'Runbooks', children: <Collections found={found} /> });
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
          <a class="button" href={pathOf(collection.name, '-', 'deploy')}>
            Deploy a runbook
          </a>
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

function Collections({ found }: { found: Collection[] }) {
  return (
    <>
      <h1>Collections</h1>
      {found.length === 0 && <p class="muted">There are none yet.</p>}
      <ul class="entries">
        {found.map(({ name, description }) => (
          <li>
            <a href={pathOf(name)}>{name}</a>
            {description && <p>{description}</p>}
          </li>
        ))}
      </ul>
    </>
  );
}
