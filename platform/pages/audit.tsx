import type { Hono } from 'hono';
import { assertAdministrator, collectionFor } from '../api/auth.ts';
import type { Platform } from '../api/platform.ts';
import { type AuditEntry, listAllAudit, listAudit } from '../store/audit.ts';
import { page, Table, Time } from './layout.tsx';
import { administratorTabs, collectionTabs, pathOf } from './places.ts';
import type { PageEnv } from './session.ts';

const MOST = 200;

/** Who did what in a collection; for the administrator, in all of them and on the server. */
export function auditPages(pages: Hono<PageEnv>, { pool, ...platform }: Platform): void {
  pages.get('/-/audit', async (c) => {
    assertAdministrator(c.get('token'));
    const children = <Audit entries={await listAllAudit(pool, MOST)} ofAll />;
    return page(c, { title: 'Audit', crumbs: [{ text: 'Audit' }], tabs: administratorTabs('audit'), children });
  });
  pages.get('/:collection/-/audit', async (c) => {
    const collection = await collectionFor({ pool, ...platform }, c.get('token'), c.req.param('collection'));
    const children = <Audit entries={await listAudit(pool, collection.id, MOST)} />;
    const crumbs = [{ text: collection.name, href: pathOf(collection.name) }, { text: 'Audit' }];
    return page(c, { title: 'Audit', crumbs, tabs: collectionTabs(collection.name, 'audit'), children });
  });
}

/** An entry, with the name of its collection where those of several are shown; null for the server's. */
type Shown = AuditEntry & { collection?: string | null };

function Audit({ entries, ofAll = false }: { entries: readonly Shown[]; ofAll?: boolean }) {
  return (
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
              {ofAll && <th>Collection</th>}
              <th>Of</th>
            </tr>
          </thead>
          <tbody>
            {entries.map(({ at, actor, action, target, detail, collection }) => (
              <tr>
                <td>
                  <Time at={at} />
                </td>
                <td>{actor}</td>
                <td>
                  <code>{action}</code>
                </td>
                {ofAll && <td>{collection ?? '–'}</td>}
                <td class="wide">
                  {target}
                  {typeof detail.reason === 'string' && <span class="muted">: {detail.reason}</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </>
  );
}
