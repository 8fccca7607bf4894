import { createLogUpdate } from 'log-update';
import colors from 'yoctocolors';
import type { RunEvent } from '../../agent/events.ts';
import type { RunOutcome } from '../../agent/run.ts';
import { bytes, truncate } from '../../lib/format.ts';
import { failureLines, outputSummary, seconds, totals, verdictLines } from './lines.ts';
import type { View } from './view.ts';

const FRAME_MS = 100;
const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

interface StepLine {
  number: number;
  title: string;
  state: 'running' | 'done' | 'failed';
  since: number;
  elapsed: number;
  detail: string;
}

/** The run on a terminal: finished steps, the current call with rows and time, and the queries so far, redrawn in place. */
export class LiveView implements View {
  readonly #draw = createLogUpdate(process.stderr, { showCursor: false });
  readonly #timer = setInterval(() => this.#render(), FRAME_MS);
  readonly #steps: StepLine[] = [];
  #head: string[] = [];
  #call = '';
  #of = 0;
  #queries = 0;
  #bytes = 0;
  #frame = 0;
  readonly #since = Date.now();

  event(event: RunEvent): void {
    switch (event.type) {
      case 'run_started':
        this.#head = [`${colors.bold(event.runbook.name)} ${colors.dim(`${event.runbook.version}  ${event.note}`)}`];
        break;
      case 'source_opened':
        this.#head.push(
          `${colors.dim('source')} ${event.label}  ${colors.dim(`${event.window.from.slice(0, 10)} to ${event.window.to.slice(0, 10)}`)}`,
          ...event.notices.map((notice) => colors.yellow(`note: ${notice.message}`)),
        );
        break;
      case 'step_started':
        this.#of = event.of;
        this.#steps.push({
          number: event.number,
          title: event.title,
          state: 'running',
          since: Date.now(),
          elapsed: 0,
          detail: '',
        });
        break;
      case 'tool_started':
        this.#call = event.tool;
        break;
      case 'tool_progress':
        this.#call = `${event.tool}: ${event.message}`;
        break;
      case 'query':
        this.#queries = event.n;
        this.#bytes += event.response_bytes;
        this.#call = `${event.tool}: ${event.name}, ${event.rows} rows in ${seconds(event.elapsed_s)}`;
        break;
      case 'tool_finished':
        this.#last().detail = outputSummary(event.output);
        break;
      case 'step_finished':
        Object.assign(this.#last(), { state: 'done', elapsed: event.elapsed_s });
        break;
      case 'step_failed':
      case 'gate_stopped':
        Object.assign(this.#last(), { state: 'failed', detail: '' });
        this.#head.push(...failureLines(event).map((line) => colors.red(line)));
        break;
      case 'run_finished':
        this.#call = totals(event);
        break;
    }
  }

  #last(): StepLine {
    const last = this.#steps.at(-1);
    if (last) return last;
    const first: StepLine = { number: 1, title: 'start', state: 'running', since: Date.now(), elapsed: 0, detail: '' };
    this.#steps.push(first);
    return first;
  }

  #render(final = false): void {
    this.#frame += 1;
    const width = (process.stderr.columns ?? 80) - 1;
    const lines = this.#steps.map((step) => this.#stepLine(step, width));
    const status = final
      ? colors.dim(this.#call)
      : colors.dim(
          truncate(
            `${this.#queries} queries, ${bytes(this.#bytes)}, ${seconds((Date.now() - this.#since) / 1000)}   ${this.#call}`,
            width,
          ),
        );
    this.#draw([...this.#head, '', ...lines, '', status].join('\n'));
  }

  #stepLine(step: StepLine, width: number): string {
    const mark =
      step.state === 'done'
        ? colors.green('✔')
        : step.state === 'failed'
          ? colors.red('✖')
          : colors.cyan(SPINNER[this.#frame % SPINNER.length] ?? '');
    const time = seconds(step.state === 'running' ? (Date.now() - step.since) / 1000 : step.elapsed);
    const title = `${String(step.number).padStart(2)}/${this.#of} ${step.title}`;
    const room = Math.max(0, width - title.length - time.length - 8);
    return `${mark} ${title}  ${colors.dim(time)}  ${colors.dim(truncate(step.detail, room))}`;
  }

  end(outcome: RunOutcome): void {
    this.#render(true);
    this.#draw.done();
    const [verdict = '', ...rest] = verdictLines(outcome);
    const colour = outcome.exitCode === 0 ? colors.green : colors.yellow;
    process.stderr.write(`\n${colour(verdict)}\n${rest.map((line) => `${line}\n`).join('')}`);
    if (outcome.report) process.stdout.write(`${outcome.report}\n`);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#draw.done();
  }
}
