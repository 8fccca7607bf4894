import type { Artifacts } from './artifacts.ts';
import { traceKey } from './keys.ts';
import { plainFigures } from './plain-text.ts';
import { isEvidence, isHearsay, provesTraces } from './sources.ts';

/** Names, dates and texts that the data files hold. */
export interface KnownTexts {
  /** Whether calls of the data ran on it, however it is written: `Claude Sonnet 4.5`. */
  isModel(name: string): boolean;
  /** Whether a price is known for it. */
  isPriced(name: string): boolean;
  isOperation(name: string): boolean;
  /** Whether it names an operation or a model. */
  isName(name: string): boolean;
  /** Names that hold digits, the longest first: their digits count nothing. */
  names: readonly string[];
  /** ISO instants and days. */
  dates: readonly string[];
  /** Days that the run's window, plans and observation span. */
  days: readonly number[];
  /** Amounts below zero. */
  negative: readonly number[];
  /** Short strings and keys of the data: kinds, tags, columns. */
  isWord(text: string): boolean;
  /** HTTP statuses of failed calls. */
  statuses: ReadonlySet<number>;
  /** Sentences and notes with figures in them that tools computed, the longest first. */
  notes: readonly string[];
  /** Titles of earlier analyses, which may be repeated in the follow-up. */
  hearsay: readonly string[];
  /** What the data say of a trace under this key, as cells show it. */
  saidOf(trace: string, key: string): ReadonlySet<string>;
  /** Operations that the data tie a trace to. */
  operationsOf(trace: string): ReadonlySet<string> | undefined;
}

const NOTE_KEY =
  /^(?:problem|why|issue|note|notes|title|message|reason|metric|target|verdict|label|changing_line|prompt_version)$/iu;
const DAYS_KEY = /days$/iu;
const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}|$)/u;
const DATED = /\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?)?/gu;
/** Windows of the contract's own tables, and the month that savings are for. */
const OWN_DAYS = [3, 7, 30];

interface Draft {
  models: Set<string>;
  operations: Set<string>;
  dates: Set<string>;
  days: Set<number>;
  negative: Set<number>;
  words: Set<string>;
  statuses: Set<number>;
  notes: Set<string>;
  hearsay: Set<string>;
  traces: Map<string, Set<string>>;
  said: Map<string, Set<string>>;
}

/** @param outputs data files that the runbook declares beside the contract's */
export function knownTexts(artifacts: Artifacts, outputs: readonly string[] = []): KnownTexts {
  const draft: Draft = {
    models: new Set(),
    operations: new Set(Object.keys(artifacts.variance.value ?? {})),
    dates: new Set(),
    days: new Set(OWN_DAYS),
    negative: new Set(),
    words: new Set(),
    statuses: new Set(),
    notes: new Set(),
    hearsay: new Set(),
    traces: new Map(),
    said: new Map(),
  };
  for (const { file, value } of artifacts.data) {
    if (isEvidence(file, outputs)) walk(draft, value, { file, key: '' });
    else if (file === 'data/model_pricing_meta.json') walk(draft, value, { file, key: '' });
  }
  return finished(draft, Object.keys(artifacts.pricing.value ?? {}));
}

function finished(draft: Draft, priced: readonly string[]): KnownTexts {
  const longest = (texts: Iterable<string>) => [...texts].sort((a, b) => b.length - a.length);
  const names = [...draft.operations, ...draft.models, ...priced].map((name) => plainFigures(name));
  const models = [...draft.models].map((name) => new Set(wordsOf(name)));
  const prices = new Set(priced.map((name) => traceKey(name).toLowerCase()));
  const operations = new Set([...draft.operations].map(traceKey));
  const isModel = (name: string) => models.some((model) => wordsOf(name).every((word) => model.has(word)));
  const isOperation = (name: string) => operations.has(traceKey(name));
  return {
    isModel,
    isPriced: (name) => prices.has(traceKey(name).toLowerCase()),
    isOperation,
    isName: (name) => isModel(name) || isOperation(name),
    names: longest(new Set(names.filter((name) => /\d/u.test(name) && name.length > 2))),
    dates: [...draft.dates],
    days: [...draft.days],
    negative: [...draft.negative],
    isWord: (text) => draft.words.has(text),
    statuses: draft.statuses,
    notes: longest(draft.notes),
    hearsay: longest(draft.hearsay),
    saidOf: (trace, key) => draft.said.get(`${key} ${traceKey(trace)}`) ?? NOTHING,
    operationsOf: (trace) => draft.traces.get(traceKey(trace)),
  };
}

const FAMILY = /^(gpt|claude|gemini|gemma|llama|mistral|mixtral|deepseek|qwen|grok|phi)(?=\d)/u;

/** A model's name as its words: `gpt4o` and `GPT-4o` are one. */
function wordsOf(name: string): string[] {
  return traceKey(name)
    .toLowerCase()
    .replace(FAMILY, '$1-')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

interface Place {
  file: string;
  key: string;
}

function walk(draft: Draft, value: unknown, place: Place): void {
  if (typeof value === 'number') addNumber(draft, place.key, value);
  else if (typeof value === 'string') addText(draft, value, place);
  else if (Array.isArray(value)) for (const item of value) walk(draft, item, place);
  else if (typeof value === 'object' && value !== null) {
    const object = value as Record<string, unknown>;
    if (typeof object.operation === 'string' && provesTraces(place.file)) tie(draft.traces, object);
    const trace = typeof object.trace_id === 'string' ? traceKey(object.trace_id) : null;
    for (const [key, inner] of Object.entries(object)) {
      draft.words.add(key);
      if (trace !== null && typeof inner === 'string') say(draft.said, `${key} ${trace}`, inner);
      walk(draft, inner, { file: place.file, key });
    }
  }
}

const NOTHING: ReadonlySet<string> = new Set();

function say(said: Map<string, Set<string>>, key: string, text: string): void {
  const known = said.get(key) ?? new Set<string>();
  said.set(key, known.add(traceKey(text)));
}

/** The traces that an object names belong to the operation that it names. */
function tie(traces: Map<string, Set<string>>, { operation, trace_id: one, trace_ids: many }: Record<string, unknown>) {
  for (const id of [one, ...(Array.isArray(many) ? many : [])]) {
    if (typeof id !== 'string' || id === '') continue;
    const key = traceKey(id);
    const known = traces.get(key) ?? new Set<string>();
    traces.set(key, known.add(traceKey(String(operation))));
  }
}

function addNumber(draft: Draft, key: string, value: number): void {
  if (DAYS_KEY.test(key)) draft.days.add(value);
  if (value < 0) draft.negative.add(value);
  if (key === 'http_status') draft.statuses.add(value);
}

function addText(draft: Draft, value: string, { file, key }: Place): void {
  if (key === 'operation') draft.operations.add(value);
  if (key === 'model') draft.models.add(value);
  if (key === 'models') for (const model of value.split(/,\s*/u)) draft.models.add(model);
  if (value.length < 60 && !isHearsay(file)) draft.words.add(value);
  if (ISO.test(value)) draft.dates.add(value);
  if (!NOTE_KEY.test(key) && key !== 'value') return;
  if (isHearsay(file)) {
    draft.hearsay.add(plainFigures(value));
    return;
  }
  for (const [date] of value.matchAll(DATED)) draft.dates.add(date);
  if (/\d/u.test(value) && value.length >= 8) draft.notes.add(noteKey(value));
}

/** A note as it stands in a line of the report: code spans to the letter, figures in one form. */
export function noteKey(text: string): string {
  const codes: string[] = [];
  const marked = text.replace(/\\([_*`[\]<>#|~-])/gu, '$1').replace(/`[^`]*`/gu, (code) => {
    codes.push(code);
    return '\uFFFC';
  });
  return plainFigures(marked)
    .replace(/\s+/gu, ' ')
    .trim()
    .replace(/\uFFFC/gu, () => codes.shift() ?? '');
}
