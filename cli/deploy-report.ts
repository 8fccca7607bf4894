import type { Written } from '../platform/deploy/deploy.ts';
import type { shownRequest } from '../platform/deploy/plan.ts';
import type { Place } from '../platform/deploy/requests.ts';
import type { Grade } from '../rubric/grade.ts';
import { renderGrade } from '../rubric/render/text.ts';
import { printable, printableValue } from './printable.ts';

/** Jetty's own API, and where people see what it has. */
const JETTY = { api: 'https://flows-api.jetty.io', web: 'https://jetty.io' };

interface Summary {
  target: string;
  collection: string;
  task: string;
  task_state?: Written;
  routine?: Written;
  secrets?: { there: string[]; set: string[]; missing: string[] };
  run?: { id: string; status: string };
  results_dir?: string;
  files?: string[];
  passed?: boolean;
  average?: number;
  failure?: string;
  warnings: string[];
  notes: string[];
}

/** What a deployment did: lines for people on stderr as it goes on, and where to look, or all of it as JSON, on stdout at its end. */
export class DeployReport {
  readonly #summary: Summary;
  readonly #json: boolean;

  constructor(target: string, { collection, task }: Place, json: boolean) {
    this.#summary = { target, collection, task, warnings: [], notes: [] };
    this.#json = json;
  }

  warn(text: string): void {
    this.#summary.warnings.push(text);
    say(`warning: ${text}`);
  }

  note(text: string): void {
    this.#summary.notes.push(text);
    say(`note: ${text}`);
  }

  /** The requests of a dry run. */
  plan(requests: readonly ReturnType<typeof shownRequest>[]): void {
    const text = this.#json ? JSON.stringify(requests, null, 2) : requests.map(requestText).join('\n\n');
    process.stdout.write(`${printable(text)}\n`);
    say('nothing was sent: this was a dry run');
  }

  secrets(secrets: NonNullable<Summary['secrets']>): void {
    this.#summary.secrets = secrets;
    const { there, set, missing } = secrets;
    if (there.length > 0) say(`secrets there: ${there.join(', ')}`);
    if (set.length > 0) say(`secrets set: ${set.join(', ')}`);
    if (missing.length > 0) this.warn(`the collection lacks ${missing.join(', ')}`);
  }

  wrote(what: 'task' | 'routine', name: string, how: Written): void {
    this.#summary[what === 'task' ? 'task_state' : 'routine'] = how;
    say(`${what} ${name}: ${how}`);
  }

  run(id: string, status: string): void {
    this.#summary.run = { id, status };
    say(`run ${id}: ${status}`);
  }

  files(root: string, files: string[]): void {
    Object.assign(this.#summary, { results_dir: root, files });
    say(`${files.length} files in ${root}`);
  }

  /** @returns whether it passed */
  graded(grade: Grade): boolean {
    Object.assign(this.#summary, { passed: grade.passed, average: grade.average });
    say(renderGrade(grade).trimEnd());
    return grade.passed;
  }

  /** @returns the exit code */
  failed(why: string): number {
    Object.assign(this.#summary, { passed: false, failure: why });
    say(`failed: ${why}`);
    return 1;
  }

  /** Says where to look. @returns the exit code */
  end(code: number): number {
    const summary = this.#summary;
    process.stdout.write(
      this.#json
        ? `${JSON.stringify(printableValue(summary), null, 2)}\n`
        : `${printable(summary.results_dir ?? placeOf(summary))}\n`,
    );
    return code;
  }
}

function say(text: string): void {
  process.stderr.write(`${printable(text)}\n`);
}

/** A page where the target has pages that are known, else the names. */
function placeOf({ target, collection, task, run }: Summary): string {
  const parts = [collection, task, ...(run ? [run.id] : [])];
  return target === JETTY.api ? [JETTY.web, ...parts.map(encodeURIComponent)].join('/') : parts.join('/');
}

function requestText({ method, url, headers, body, when }: ReturnType<typeof shownRequest>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const text = body === undefined ? [] : [JSON.stringify(body, null, 2)];
  return [`${method} ${url}${when ? `   (${when})` : ''}`, ...lines, ...text].join('\n');
}
