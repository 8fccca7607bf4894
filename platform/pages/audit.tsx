import type { Hono } from 'hono';
import { collectionFor } from '../api/auth.ts';
import type { Platform } from '../api/platform.ts';
import { listAudit } from '../store/audit.ts';
import { page, Table, Time } from './layout.tsx';
import { collectionTabs, pathOf } from './places.ts';
import type { PageEnv } from './session.ts';

const MOST = 200;

/** Who did what in a collection. */
export function auditPages(pages: Hono<PageEnv>, platform: Platform): void {
  pages.get('/:collection/-/audit', async (c) => {
    const collection = await collectionFor(platform, c.get('token'), c.req.param('collection'));
    const entries = await listAudit(platform.pool, collection.id, MOST);
    const children = (
      <>
        <h1>Audit</h1>
        <p class="lead">The newest {MOST} changes and logins.</p>
        {entries.length === 0 && <p class="muted">There are none yet.</p>}
        {entries.length > 0 && (
          <Table of="Changes and logins">
            <thead>
              <tr>
                <th>When, UTC</th>
                <th>Who</th>
                <th>What</th>
                <th>Of</th>
              </tr>
            </thead>
            <tbody>
              {entries.map(({ at, actor, action, target }) => (
                <tr>
                  <td>
                    <Time at={at} />
                  </td>
                  <td>{actor}</td>
                  <td>
                    <code>{action}</code>
                  </td>
                  <td class="wide">{target}</td>
                </tr>
              ))}
            </tbody>
          </Table>
        )}
      </>
    );
    const crumbs = [{ text: collection.name, href: pathOf(collection.name) }, { text: 'Audit' }];
    return page(c, { title: 'Audit', crumbs, tabs: collectionTabs(collection.name, 'audit'), children });
  });
}
