import type { Hono } from 'hono';
import { diffRuns, isSame, type RunDiff } from '../../agent/diff/run-diff.ts';
import type { Change } from '../../agent/diff/values.ts';
import { count, truncate } from '../../lib/format.ts';
import { taskFor } from '../api/auth.ts';
import { refusal } from '../api/errors.ts';
import type { Platform } from '../api/platform.ts';
import { runByTrajectory } from '../store/runs.ts';
import type { Task } from '../store/tasks.ts';
import { page, Table } from './layout.tsx';
import { pathOf, taskTabs } from './places.ts';
import { recordFor } from './run-record.ts';
import type { PageContext, PageEnv } from './session.ts';

const MOST_VALUE = 200;
/** Lines of a text that differ. */
const MOST_LINES = 2_000;

/** What changed from one run of a task to another. */
export function diffPages(pages: Hono<PageEnv>, platform: Platform): void {
  pages.get('/:collection/:task/diff', (c) => diffPage(c, platform));
}

async function diffPage(c: PageContext, platform: Platform) {
  const { collection, task } = await taskFor(
    platform,
    c.get('token'),
    c.req.param() as { collection: string; task: string },
  );
  const [before = '', after = ''] = [c.req.query('before'), c.req.query('after')];
  const records = await Promise.all(
    [before, after].map(async (id) => recordFor(platform, await runNamed(platform, task, id))),
  );
  const [first, second] = records;
  if (!first || !second) throw refusal(404, 'There is no such run');
  const diff = diffRuns({ before: first, after: second }, { before, after });
  const run = (id: string) => (
    <a href={pathOf(collection.name, task.name, id)}>
      <code>{id}</code>
    </a>
  );
  const children = (
    <>
      <h1>What changed</h1>
      <p class="lead">
        From {run(before)} to {run(after)}. What is another in every run is left out: ids, times, digests.
      </p>
      {isSame(diff) ? <p class="muted">Nothing differs.</p> : <Changed diff={diff} />}
    </>
  );
  const names = { collection: collection.name, task: task.name };
  const crumbs = [
    { text: names.collection, href: pathOf(names.collection) },
    { text: names.task, href: pathOf(names.collection, names.task) },
    { text: 'what changed' },
  ];
  return page(c, { title: `What changed: ${task.name}`, crumbs, tabs: taskTabs(names, 'runs'), children });
}

/** @throws 404 */
async function runNamed({ pool }: Platform, { collectionId, id: taskId }: Task, trajectoryId: string) {
  const run = await runByTrajectory(pool, { collectionId, taskId, trajectoryId });
  if (!run) throw refusal(404, `There is no run ${trajectoryId} of this task.`);
  return run;
}

function Changed({ diff }: { diff: RunDiff }) {
  const { setup, parameters, runbook, grade, costs, gates, findings, queries, files, report } = diff;
  return (
    <>
      <Changes title="Parameters" changes={parameters} />
      <Changes title="Setup" changes={setup} />
      <Changes title="Grade" changes={grade} />
      <Changes title="Costs, USD" changes={costs} />
      <Gates gates={gates} />
      <Rows
        title="Findings"
        heads={['', 'Finding', 'What differs']}
        rows={findings.map(({ kind, title, changes }) => [kind, title, changes.map(wordsOf).join('; ')])}
      />
      <Rows
        title="Files"
        heads={['File', 'Change', 'Rows before', 'Rows after']}
        rows={files.map(({ path, kind, rows }) => [path, kind, countOf(rows.before), countOf(rows.after)])}
      />
      <Rows title="Runbook" heads={['File', 'Change']} rows={runbook.map(({ path, kind }) => [path, kind])} />
      <Queries queries={queries} />
      {report === '' ? null : (
        <section>
          <h2>Report</h2>
          <TextDiff text={report} />
        </section>
      )}
    </>
  );
}

function Changes({ title, changes }: { title: string; changes: readonly Change[] }) {
  const rows = changes.map(({ name, before, after }) => [name, shownValue(before), shownValue(after)]);
  return <Rows title={title} heads={['', 'Before', 'After']} rows={rows} />;
}

function Rows({
  title,
  heads,
  rows,
}: {
  title: string;
  heads: readonly string[];
  rows: readonly (readonly string[])[];
}) {
  if (rows.length === 0) return null;
  return (
    <section>
      <h2>{title}</h2>
      <Table of={title}>
        <thead>
          <tr>
            {heads.map((head) => (
              <th>{head === '' ? <span class="sr-only">What</span> : head}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells) => (
            <tr>
              {cells.map((cell) => (
                <td>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </Table>
    </section>
  );
}

function Gates({ gates }: Pick<RunDiff, 'gates'>) {
  const rows = [...gates.before.map((gate) => ['before', gate]), ...gates.after.map((gate) => ['after', gate])];
  return <Rows title="Gates that failed in one alone" heads={['Run', 'Gate']} rows={rows} />;
}

function Queries({ queries }: Pick<RunDiff, 'queries'>) {
  if (queries.length === 0) return null;
  return (
    <section>
      <h2>Queries</h2>
      {queries.map(({ kind, step, tool, name, sql, values, rows, answer }) => (
        <details class="change">
          <summary>
            Step {step}: {name} <span class="muted">{tool}</span> {kind}
            <span class="muted">
              {' '}
              · rows {shownValue(rows.before)} to {shownValue(rows.after)} · {answer} answer
            </span>
          </summary>
          <div class="body">
            {values.length === 0 ? <p>Its values are the same.</p> : <p>{values.map(wordsOf).join('; ')}</p>}
            {sql === '' ? null : <TextDiff text={sql} />}
          </div>
        </details>
      ))}
    </section>
  );
}

/** Lines that begin with + are new, with - gone. */
export function TextDiff({ text }: { text: string }) {
  const lines = text.split('\n').slice(0, MOST_LINES);
  return (
    <pre class="excerpt" tabindex={0}>
      {lines.map((line) => {
        const whole = `${line}\n`;
        return line.startsWith('+') ? <ins>{whole}</ins> : line.startsWith('-') ? <del>{whole}</del> : whole;
      })}
    </pre>
  );
}

/** Rows, or a dash where it is no table. */
function countOf(rows: number | null): string {
  return rows === null ? '–' : count(rows);
}

function wordsOf({ name, before, after }: Change): string {
  return `${name}: ${shownValue(before)} to ${shownValue(after)}`;
}

/** A value in a cell. */
export function shownValue(value: unknown): string {
  if (value === null || value === undefined || value === '') return 'none';
  return truncate(typeof value === 'string' ? value : JSON.stringify(value), MOST_VALUE);
}
