import { raw } from 'hono/html';
import { z } from 'zod';
import { filesAfter, type Of, ofType, type RunRecord } from '../../agent/record/read.ts';
import { GRADE, REPORT } from '../../agent/results.ts';
import { RunbookError } from '../../lib/errors.ts';
import { bytes, count, usd } from '../../lib/format.ts';
import { figurePath, loadFigure } from '../../tools/report-page/figures.ts';
import { renderMarkdown } from '../../tools/report-page/markdown.ts';
import { ResultsDir } from '../../tools/results-dir.ts';
import { outlineIn } from '../work/outlines.ts';
import { plainFileIn } from '../work/results.ts';
import { Table } from './layout.tsx';
import { RENDER_MS } from './prose.tsx';

/** What the grader says: each criterion with its reasons, and gates that failed. */
export function Verdict({ record }: { record: RunRecord }) {
  const grade = gradeOf(record);
  if (!grade) return null;
  const { average, passed, scores, failed_gates: gates, claims, judge } = grade;
  return (
    <section>
      <h2>Evaluation</h2>
      <p class={`notice ${passed ? 'good' : ''}`}>
        <b>{passed ? 'Passed' : 'Not passed'}</b>: {average.toFixed(2)} of 5; {count(claims.verified)} of{' '}
        {count(claims.checked)} claims agree with the data; judged by {judge ?? 'checks alone'}.
      </p>
      {gates.length > 0 && (
        <>
          <h3>Failed gates</h3>
          <ul class="plain">
            {gates.map((gate) => (
              <li>
                <Located text={gate} />
              </li>
            ))}
          </ul>
        </>
      )}
      <Table of="Criteria" kind="criteria">
        <thead>
          <tr>
            <th>Criterion</th>
            <th class="number">Score</th>
            <th>Reasons</th>
          </tr>
        </thead>
        <tbody>
          {scores.map(({ name, score, reasons }) => (
            <tr>
              <td>{name}</td>
              <td class="number">{score ?? '–'}</td>
              <td>
                <ul>
                  {reasons.map((reason) => (
                    <li>
                      <Located text={reason} />
                    </li>
                  ))}
                </ul>
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
    </section>
  );
}

/** A text whose place in the report is a link to that line. */
function Located({ text }: { text: string }) {
  const [, before = '', place, line, after = ''] = /^(.*?)(recommendations\.md:(\d+))(.*)$/su.exec(text) ?? [];
  if (place === undefined) return <>{text}</>;
  return (
    <>
      {before}
      <a href={`#L${line}`}>{place}</a>
      {after}
    </>
  );
}

/** That of the round which was kept, as grade.json says. */
function gradeOf({ events, payloads }: RunRecord): Of<'graded'> | undefined {
  const graded = ofType(events, 'graded');
  const file = filesAfter(events).get(GRADE);
  const kept = file !== undefined && payloads.has(file) ? (payloads.getJson(file) as { round?: number }).round : 0;
  return graded.findLast(({ round }) => round === kept) ?? graded.at(-1);
}

const findingsFile = z.object({
  findings: z.array(
    z.object({
      severity: z.string(),
      title: z.string(),
      operation: z.string(),
      trace_ids: z.array(z.string()),
      frequency: z.object({ seen: z.number(), of: z.number() }),
      monthly_savings_usd: z.object({ expected: z.number() }).nullish(),
    }),
  ),
});

/** What the run found, as data. */
export function Findings({ dir }: { dir: string }) {
  const findings = findingsIn(dir);
  if (findings.length === 0) return null;
  return (
    <section>
      <h2>Findings</h2>
      <Table of="Findings">
        <thead>
          <tr>
            <th>Severity</th>
            <th>Finding</th>
            <th>Operation</th>
            <th class="number">Seen</th>
            <th class="number">Traces</th>
            <th class="number">Saves a month</th>
          </tr>
        </thead>
        <tbody>
          {findings.map(({ severity, title, operation, trace_ids: traces, frequency, monthly_savings_usd: saves }) => (
            <tr>
              <td>{severity}</td>
              <td class="wide">{title}</td>
              <td>
                <code>{operation}</code>
              </td>
              <td class="number">
                {count(frequency.seen)} of {count(frequency.of)}
              </td>
              <td class="number" title={traces.slice(0, 5).join('\n')}>
                {count(traces.length)}
              </td>
              <td class="number">{saves ? usd(saves.expected) : '–'}</td>
            </tr>
          ))}
        </tbody>
      </Table>
    </section>
  );
}

function findingsIn(dir: string) {
  try {
    return findingsFile.parse(ResultsDir.open(dir).readJson('data/findings.json')).findings;
  } catch {
    return []; // the run did not come so far
  }
}

/** No heading of a report has it: theirs are words and dashes. */
export const REPORT_ID = 'the_report';

/** The report, as safe HTML with its figures in it. */
export async function Report({ dir, here }: ResultsProps) {
  const known = new Set(outlineIn(dir)?.files);
  if (!known.has(REPORT)) return null;
  return (
    <section>
      <h2 id={REPORT_ID}>Report</h2>
      <div class="report">{await reportIn(dir, (file) => (known.has(file) ? fileHref(here, file) : undefined))}</div>
    </section>
  );
}

async function reportIn(dir: string, place: (file: string) => string | undefined) {
  try {
    const results = ResultsDir.open(dir);
    const load = (file: string) => loadFigure(results, file);
    const { html } = await renderMarkdown(results.readText(REPORT), { load, place, lines: true, ms: RENDER_MS });
    return raw(html);
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    return <p class="notice">It cannot be shown: {error.message} It can be downloaded below.</p>;
  }
}

interface ResultsProps {
  dir: string;
  /** The path of the run's page. */
  here: string;
}

/** Where a file of a run is found: figures to look at, everything else for download. */
function fileHref(here: string, file: string): string {
  const parts = file.split('/').map(encodeURIComponent).join('/');
  return figurePath(file) === undefined ? `${here}/files/${parts}` : `${here}/${parts}`;
}

/** Everything that the run left. */
export function Files({ dir, here }: ResultsProps) {
  return (
    <section>
      <h2>Files</h2>
      <ul class="files">
        {(outlineIn(dir)?.files ?? []).map((file) => {
          const found = plainFileIn(dir, file);
          const download = figurePath(file) === undefined ? { download: '' } : {};
          return (
            <li>
              <a href={fileHref(here, file)} {...download}>
                {file}
              </a>
              <small>{found ? bytes(found.size) : 'gone'}</small>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
