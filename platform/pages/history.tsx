import type { Hono } from 'hono';
import { type Change, changesBetween } from '../../agent/diff/values.ts';
import { textDiff } from '../../agent/replay/text-diff.ts';
import { plural } from '../../lib/format.ts';
import { taskFor } from '../api/auth.ts';
import type { Platform } from '../api/platform.ts';
import { type TaskVersion, taskVersions } from '../store/tasks.ts';
import { objectIn } from '../work/plan.ts';
import { shownValue, TextDiff } from './diff.tsx';
import { page, Table, Time } from './layout.tsx';
import { pathOf, taskTabs } from './places.ts';
import type { PageEnv } from './session.ts';

/** Versions of a task that are shown. */
const MOST = 50;

/** How a task changed since it was made: its parameters, and the text of its runbook. */
export function historyPages(pages: Hono<PageEnv>, platform: Platform): void {
  pages.get('/:collection/:task/history', async (c) => {
    const { collection, task } = await taskFor(platform, c.get('token'), c.req.param());
    const versions = await taskVersions(platform.pool, task.id, MOST + 1);
    const children = (
      <>
        <h1>History</h1>
        <p class="lead">What changed each time, newest first. Runs keep the task as it was when they were asked for.</p>
        {versions.slice(0, MOST).map((version, at) => (
          <Version version={version} before={versions[at + 1]} isNewest={at === 0} />
        ))}
        {versions.length > MOST && <p class="muted">Older ones are not shown.</p>}
      </>
    );
    const names = { collection: collection.name, task: task.name };
    const crumbs = [{ text: names.collection, href: pathOf(names.collection) }, { text: names.task }];
    return page(c, { title: `History of ${task.name}`, crumbs, tabs: taskTabs(names, 'history'), children });
  });
}

interface VersionProps {
  version: TaskVersion;
  before: TaskVersion | undefined;
  isNewest: boolean;
}

function Version({ version, before, isNewest }: VersionProps) {
  const [now, then] = [partsOf(version), before && partsOf(before)];
  const changes = then ? changesBetween(then.values, now.values) : [];
  const isOtherText = then !== undefined && then.text !== now.text;
  const what = [
    ...(changes.length > 0 ? [plural(changes.length, 'value')] : []),
    ...(isOtherText ? ['the runbook'] : []),
  ];
  const isMade = version.operation === 'insert';
  return (
    <details class="change" open={isNewest && what.length > 0}>
      <summary>
        <b>{version.index + 1}</b> <Time at={version.created} />{' '}
        <span class="muted">{isMade ? 'made' : `changed: ${what.join(', ') || 'nothing'}`}</span>
      </summary>
      <div class="body">
        {what.length === 0 && (
          <p class="muted">{isMade ? 'There was nothing before.' : 'It was kept again as it was.'}</p>
        )}
        {changes.length > 0 && <Values changes={changes} of={version.index + 1} />}
        {isOtherText && <Text before={then.text} after={now.text} />}
      </div>
    </details>
  );
}

function Values({ changes, of }: { changes: readonly Change[]; of: number }) {
  return (
    <Table of={`Values of version ${of}`}>
      <thead>
        <tr>
          <th>Value</th>
          <th>Before</th>
          <th>After</th>
        </tr>
      </thead>
      <tbody>
        {changes.map(({ name, before, after }) => (
          <tr>
            <td>
              <code>{name}</code>
            </td>
            <td>{shownValue(before)}</td>
            <td>{shownValue(after)}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

/** Without a text, the task has the runbook that ships with the program. */
function Text({ before, after }: { before: string | undefined; after: string | undefined }) {
  if (before === undefined || after === undefined)
    return <p>{after === undefined ? 'To the bundled runbook.' : 'From the bundled runbook to a text of its own.'}</p>;
  return <TextDiff text={textDiff(Buffer.from(before), Buffer.from(after))} />;
}

/** The text of the runbook, and everything else by name. */
function partsOf({ data }: TaskVersion): { text: string | undefined; values: Record<string, unknown> } {
  const { workflow, ...fields } = objectIn(data);
  const { init_params: given, ...rest } = objectIn(workflow);
  const { instruction, vars, ...params } = objectIn(given);
  const byName = Object.entries(objectIn(vars)).map(([name, value]) => [`vars.${name}`, value] as const);
  return {
    text: instruction === undefined ? undefined : String(instruction),
    values: { ...fields, ...rest, ...params, ...Object.fromEntries(byName) },
  };
}
