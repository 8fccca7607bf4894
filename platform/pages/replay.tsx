import type { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import { filesAfter, ofType, type RunRecord } from '../../agent/record/read.ts';
import { type RecordedCall, type RecordedStep, storyOf } from '../../agent/record/story.ts';
import { count, plural, seconds, usd } from '../../lib/format.ts';
import { refusal } from '../api/errors.ts';
import type { Platform } from '../api/platform.ts';
import { ForkForm } from './fork.tsx';
import { page, Table } from './layout.tsx';
import { Recorded } from './payloads.tsx';
import { pathOf, taskTabs } from './places.ts';
import { prose } from './prose.tsx';
import { runFor } from './run-access.ts';
import { recordFor } from './run-record.ts';
import type { PageContext, PageEnv } from './session.ts';

const STATES = { step_finished: 'done', step_failed: 'failed', gate_stopped: 'stopped' } as const;

type Found = Awaited<ReturnType<typeof runFor>>;

/** What was recorded of a run, step by step: what each was told, what it called, what came back. */
export function replayPages(pages: Hono<PageEnv>, platform: Platform): void {
  pages.get(`/:collection/:task/:trajectory{[0-9a-f]{8}}/steps`, async (c) => {
    const found = await runFor(platform, c);
    return stepsPage(c, found, storyOf(recordFor(platform, found.run)));
  });
  pages.get(`/:collection/:task/:trajectory{[0-9a-f]{8}}/steps/:number{[0-9]{1,4}}`, async (c) => {
    const found = await runFor(platform, c);
    return stepPage(c, { found, record: recordFor(platform, found.run), number: Number(c.req.param('number')) });
  });
}

function stepsPage(c: PageContext, found: Found, steps: readonly RecordedStep[]) {
  const { collection, task, run } = found;
  const children = (
    <Table of="Steps">
      <thead>
        <tr>
          <th class="number">No.</th>
          <th>Step</th>
          <th>State</th>
          <th>Calls</th>
          <th class="number">Queries</th>
          <th class="number">Cost</th>
          <th class="number">Took</th>
        </tr>
      </thead>
      <tbody>
        {steps.map((step) => (
          <tr>
            <td class="number">{step.number}</td>
            <td>
              <a href={pathOf(collection.name, task.name, run.trajectoryId, 'steps', String(step.number))}>
                {step.title}
              </a>
            </td>
            <td>
              <span class={`state ${stateOf(step)}`}>{stateOf(step)}</span>
            </td>
            <td>{[...new Set(step.calls.map(({ tool }) => tool))].join(', ')}</td>
            <td class="number">{count(step.calls.reduce((sum, { queries }) => sum + queries.length, 0))}</td>
            <td class="number">{usd(costOf(step))}</td>
            <td class="number">{tookOf(step)}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
  return answer(c, found, `Steps of ${run.trajectoryId}`, children);
}

function answer(c: PageContext, { collection, task, run }: Found, title: string, content: Child) {
  const names = { collection: collection.name, task: task.name };
  const here = pathOf(names.collection, names.task, run.trajectoryId);
  const crumbs = [
    { text: names.collection, href: pathOf(names.collection) },
    { text: names.task, href: pathOf(names.collection, names.task) },
    { text: run.trajectoryId, href: here },
    { text: 'steps', href: `${here}/steps` },
  ];
  const children = (
    <>
      <h1>{title}</h1>
      {content}
    </>
  );
  return page(c, { title, crumbs, tabs: taskTabs(names, 'runs'), children });
}

function stateOf({ end }: RecordedStep): string {
  return end === null ? 'open' : STATES[end.type];
}

function costOf({ generations }: RecordedStep): number {
  return generations.reduce((sum, { properties }) => sum + properties.$ai_total_cost_usd, 0);
}

function tookOf({ end }: RecordedStep): string {
  return end && 'elapsed_s' in end ? seconds(end.elapsed_s) : '–';
}

async function stepPage(
  c: PageContext,
  { found, record, number }: { found: Found; record: RunRecord; number: number },
) {
  const { collection, task, run } = found;
  const steps = storyOf(record);
  // A step that mends has been performed once for each round.
  const performed = steps.filter((step) => step.number === number);
  const [first] = performed;
  if (!first) throw refusal(404, 'The run did not come to this step.');
  const here = pathOf(collection.name, task.name, run.trajectoryId);
  const parts = await Promise.all(performed.map((step) => performedStep(record, step, here)));
  const numbers = [...new Set(steps.map((step) => step.number))].sort((a, b) => a - b);
  const at = numbers.indexOf(number);
  const children = (
    <>
      <nav class="paging" aria-label="Steps">
        {numbers[at - 1] === undefined ? null : <a href={`${here}/steps/${numbers[at - 1]}`}>Step before</a>}
        {numbers[at + 1] === undefined ? null : <a href={`${here}/steps/${numbers[at + 1]}`}>Next step</a>}
      </nav>
      {parts}
      {run.ended ? <ForkForm c={c} found={found} record={record} step={number} /> : null}
    </>
  );
  const title = `Step ${number}: ${first.title}`;
  return answer(c, found, title, children);
}

async function performedStep(record: RunRecord, step: RecordedStep, here: string) {
  const text = record.payloads.get(step.rendered).toString('utf8');
  const rendered = await prose(text, `s${step.seq.from}-`);
  const { end, calls, generations } = step;
  const written = ofType(record.events, 'artifact_written')
    .filter(({ seq }) => seq >= step.seq.from && seq <= step.seq.to)
    .map(({ path }) => path);
  const now = filesAfter(record.events);
  return (
    <section>
      <p>
        <span class={`state ${stateOf(step)}`}>{stateOf(step)}</span> {plural(calls.length, 'call')},{' '}
        {plural(generations.length, 'model request')}, {usd(costOf(step))}, {tookOf(step)}
      </p>
      {end && 'message' in end ? (
        <p class="error">{end.hint === null ? end.message : `${end.message} ${end.hint}`}</p>
      ) : null}
      {end?.type === 'step_finished' && end.note !== null ? <p class="lead">{end.note}</p> : null}
      <details class="change">
        <summary>What it was told</summary>
        <div class="body">
          <div class="report">{rendered}</div>
        </div>
      </details>
      <h2>Calls</h2>
      <div>
        {calls.map((call) => (
          <Call call={call} here={here} />
        ))}
      </div>
      {calls.length === 0 ? <p class="muted">It called no tool.</p> : null}
      {generations.length === 0 ? null : <Requests generations={generations} here={here} />}
      {written.length === 0 ? null : (
        <>
          <h2>Files that it wrote</h2>
          <ul>
            {[...new Set(written)].map((file) => (
              <li>{now.has(file) ? <a href={`${here}/files/${file}`}>{file}</a> : file}</li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function Call({ call, here }: { call: RecordedCall; here: string }) {
  const { outcome, queries, outside } = call;
  const state = outcome === null ? 'open' : outcome.kind === 'finished' ? 'done' : 'failed';
  return (
    <details class="change">
      <summary>
        {call.call} <code>{call.tool}</code>{' '}
        <span class="muted">
          {queries.length === 0 ? '' : plural(queries.length, 'query', 'queries')}
          {outcome === null ? '' : ` ${seconds(outcome.elapsed_s)}`}
        </span>{' '}
        <span class={`state ${state}`}>{state}</span>
      </summary>
      <div class="body">
        <Recorded label="Input" value={call.input} href={`${here}/calls/${call.call}/input`} />
        {outcome?.kind === 'finished' ? (
          <Recorded label="Output" value={outcome.output} href={`${here}/calls/${call.call}/output`} />
        ) : null}
        {outcome?.kind === 'failed' ? <p class="error">{outcome.message}</p> : null}
        {queries.length === 0 ? null : (
          <ul>
            {queries.map(({ name, rows, elapsed_s, error, request, answer }) => (
              <li>
                {name}: {error ?? `${plural(rows, 'row')}, ${seconds(elapsed_s)}`}{' '}
                <a href={`${here}/payloads/${request}`}>query</a> <a href={`${here}/payloads/${answer}`}>answer</a>
              </li>
            ))}
          </ul>
        )}
        {outside.map(({ name, answer }) => (
          <p>
            Read from outside: {name} <a href={`${here}/payloads/${answer}`}>answer</a>
          </p>
        ))}
      </div>
    </details>
  );
}

function Requests({ generations, here }: { generations: RecordedStep['generations']; here: string }) {
  return (
    <>
      <h2>Model requests</h2>
      <Table of="Model requests">
        <thead>
          <tr>
            <th>Model</th>
            <th class="number">In</th>
            <th class="number">Cached</th>
            <th class="number">Out</th>
            <th class="number">Cost</th>
            <th class="number">Took</th>
            <th>Recorded</th>
          </tr>
        </thead>
        <tbody>
          {generations.map(({ properties, request, answer }) => (
            <tr>
              <td>{properties.$ai_model}</td>
              <td class="number">{count(properties.$ai_input_tokens)}</td>
              <td class="number">{count(properties.$ai_cache_read_input_tokens)}</td>
              <td class="number">{count(properties.$ai_output_tokens)}</td>
              <td class="number">{usd(properties.$ai_total_cost_usd)}</td>
              <td class="number">{seconds(properties.$ai_latency)}</td>
              <td>
                {request === null ? '' : <a href={`${here}/payloads/${request}`}>request</a>}{' '}
                {answer === null ? '' : <a href={`${here}/payloads/${answer}`}>answer</a>}
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
    </>
  );
}
