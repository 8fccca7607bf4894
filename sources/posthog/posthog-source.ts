import type { QueryRequest, QueryResult, Source, SourceNotice } from '../source.ts';
import { jsonOf, toResult } from './answer.ts';
import { Api, type ApiOptions, interrupted } from './api.ts';
import { finishInBackground } from './background.ts';
import { credentialsFromEnv, type PostHogCredentials } from './from-env.ts';
import { Slots } from './slots.ts';

export interface PostHogOptions extends PostHogCredentials, ApiOptions {
  /** Default: the wall clock when the source is made. */
  asOf?: Date;
}

/** PostHog runs three API queries of a project at once; one place is left to others. */
const AT_ONCE = 2;
const MAX_NAME = 60;

/** The live project over PostHog's query API: values bound, answers bounded, failures typed, retries few. */
export class PostHogSource implements Source {
  readonly kind = 'posthog';
  readonly label: string;
  readonly #options: PostHogOptions;
  readonly #api: Api;
  readonly #now: Date;
  readonly #slots = new Slots(AT_ONCE);
  #budgetLeft: number | null = null;

  constructor(options: PostHogOptions) {
    this.#options = options;
    this.#api = new Api(options);
    this.#now = options.asOf ?? new Date();
    this.label = `${new URL(options.host).host} project ${options.projectId}`;
  }

  /** Nothing is asked yet: the first query tells whether key, project and host are right. */
  async open(): Promise<void> {}

  now(): Date {
    return this.#now;
  }

  notices(): readonly SourceNotice[] {
    return [];
  }

  async close(): Promise<void> {}

  /** Bytes that the project's hourly read budget still had at the last answer; null where PostHog did not say. */
  budgetLeft(): number | null {
    return this.#budgetLeft;
  }

  async query(request: QueryRequest): Promise<QueryResult> {
    try {
      return await this.#slots.run(() => this.#query(request), request.signal);
    } catch (error) {
      throw error === request.signal?.reason ? interrupted() : error;
    }
  }

  async #query({ sql, values, name, signal }: QueryRequest): Promise<QueryResult> {
    const { host, projectId } = this.#options;
    const started = performance.now();
    const path = `/api/projects/${projectId === '@current' ? projectId : encodeURIComponent(projectId)}/query/`;
    const body = JSON.stringify({
      query: { kind: 'HogQLQuery', query: sql, ...(values ? { values } : {}) },
      refresh: 'force_blocking',
      ...(name ? { name: name.slice(0, MAX_NAME) } : {}),
    });
    const asked = { host, projectId, sql };
    const first = await this.#api.send({ method: 'POST', path, body, asked }, signal);
    const done =
      first.status === 202
        ? await finishInBackground(this.#api, path, first, asked, signal)
        : { body: jsonOf(first.text), reply: first };
    this.#budgetLeft = budgetIn(done.reply.headers) ?? this.#budgetLeft;
    return toResult(done.body, done.reply, (performance.now() - started) / 1000);
  }
}

function budgetIn(headers: Headers): number | null {
  const left = headers.get('x-posthog-query-budget-remaining-bytes');
  return left !== null && Number.isFinite(Number(left)) ? Number(left) : null;
}

/** @throws RunbookError `config` */
export function posthogSourceFromEnv(env: Readonly<Record<string, string | undefined>>, asOf?: Date): PostHogSource {
  return new PostHogSource({ ...credentialsFromEnv(env), ...(asOf ? { asOf } : {}) });
}
