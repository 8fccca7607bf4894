import type { Artifacts } from './artifacts.ts';
import { addDerivedValues, addRunValues } from './derived-values.ts';
import { type Figure, moneyIn, numbersIn, percentagesIn } from './figures.ts';
import { traceKey } from './keys.ts';
import { type KnownExcerpts, knownExcerpts } from './known-excerpts.ts';
import { type KnownTexts, knownTexts } from './known-texts.ts';
import { Pairs } from './pairs.ts';
import { plainFigures } from './plain-text.ts';
import { type OwnValues, Pool } from './pool.ts';
import { isEvidence, isHearsay, isOfContract, provesTraces } from './sources.ts';

/** Everything that the data files vouch for. */
export interface KnownValues {
  /** Whether a file that the runbook declares beside the contract's holds it: what its keys mean is not known here. */
  isDeclared(figure: Figure): boolean;
  /** Totals and counts of the run. */
  run: OwnValues;
  /** Figures of the objects that carry this trace id, by unit; undefined where there are none. */
  ofTrace(id: string): OwnValues | undefined;
  /** Figures of the objects about this operation, those of single traces aside. */
  ofOperation(name: string): OwnValues | undefined;
  /** Figures of the objects about this model, across operations. */
  ofModel(name: string): OwnValues | undefined;
  /** Whether one object of the data holds both numbers, as `27 of 467` says. */
  hasPair(seen: Figure, of: Figure): boolean;
  /** Whether an artifact holds this trace id; a shortened one (`0194abcd…`) counts where it is at least 8 characters long. */
  hasTrace(id: string): boolean;
  texts: KnownTexts;
  excerpts: KnownExcerpts;
}

const TRACE_KEY = /(?:^|_)traces?(?:_ids?)?$|^trace_?ids?$/iu;
const MONEY_KEY = /usd|cost|spend|saving|price|excess|recorded|backfilled/iu;
/** Keys that say nothing about the unit; in such objects they may be money. */
const NEUTRAL_KEY =
  /^(?:low|expected|high|min|max|mean|median|std|avg|total|value|baseline|target|target_value|current|threshold\w*|p\d+|per_day\w*|before|after)$/iu;
const NOTE_KEY = /^(?:note|notes|issue|message|reason|label|verdict|statuses|proof|driver|operation|model)$/iu;

interface Index {
  declared: Pool;
  byTrace: Map<string, Pool>;
  byOperation: Map<string, Pool>;
  byModel: Map<string, Pool>;
  /** The numbers of each object, nested ones included. */
  objects: Pairs;
  traces: Set<string>;
}

/**
 * Indexes the data files of a results dir that are evidence.
 * @param outputs data files that the runbook declares beside the contract's
 */
export function knownValues(artifacts: Artifacts, outputs: readonly string[] = []): KnownValues {
  const index: Index = {
    declared: new Pool(),
    byTrace: new Map(),
    byOperation: new Map(),
    byModel: new Map(),
    objects: new Pairs(),
    traces: new Set(),
  };
  for (const { file, value } of artifacts.data) {
    if (!isEvidence(file, outputs)) continue;
    const pools = isOfContract(file) ? [] : [index.declared];
    if (file === 'data/cost_variance.json') walkByName(index, value, file);
    else walk(index, value, { file, key: '', pools, per: '' });
  }
  addDerivedValues(artifacts, (kind, name) => poolOf(kind === 'model' ? index.byModel : index.byOperation, name));
  const run = new Pool();
  addRunValues(run, artifacts);
  let texts: KnownTexts | undefined;
  let excerpts: KnownExcerpts | undefined;
  const shortened = [...index.traces].sort();
  return {
    isDeclared: (figure) => index.declared.has(figure),
    run,
    ofTrace: (id) => index.byTrace.get(traceKey(id)),
    ofModel: (name) => index.byModel.get(traceKey(name)),
    ofOperation: (name) => index.byOperation.get(traceKey(name)),
    hasPair: (seen, of) => index.objects.has(seen, of),
    get texts() {
      texts ??= knownTexts(artifacts, outputs);
      return texts;
    },
    hasTrace: (id) => index.traces.has(traceKey(id)) || isShortened(shortened, id),
    get excerpts() {
      excerpts ??= knownExcerpts(artifacts, outputs);
      return excerpts;
    },
  };
}

interface Place {
  file: string;
  key: string;
  pools: Pool[];
  /** What `seen` and `of` count here. */
  per: string;
}

function walk(index: Index, value: unknown, place: Place): void {
  if (typeof value === 'number') addNumber(place.pools, keyIn(place), value);
  else if (typeof value === 'string') addText(index, value, place);
  else if (Array.isArray(value)) for (const item of value) walk(index, item, place);
  else if (typeof value === 'object' && value !== null) walkObject(index, value as Record<string, unknown>, place);
}

/** An object whose keys are operations. */
function walkByName(index: Index, value: unknown, file: string): void {
  for (const [operation, stats] of Object.entries(value ?? {})) {
    walk(index, stats, { file, key: '', pools: [poolOf(index.byOperation, operation)], per: '' });
  }
}

function poolOf(pools: Map<string, Pool>, name: string): Pool {
  const key = traceKey(name);
  const pool = pools.get(key) ?? new Pool();
  pools.set(key, pool);
  return pool;
}

function walkObject(index: Index, object: Record<string, unknown>, place: Place): void {
  const pools = scopeOf(index, object) ?? place.pools;
  const per = countedIn(object) ?? place.per;
  const unit = typeof object.unit === 'string' && 'value' in object ? object.unit : null;
  if (typeof object.seen === 'number' && typeof object.of === 'number' && object.of > 0) {
    const share = object.seen / object.of;
    for (const pool of pools) {
      pool.add('percent', share);
      pool.keep(`share_of_${per || 'traces'}`, share);
    }
  }
  index.objects.add(numbersOf(object));
  for (const [key, value] of Object.entries(object)) {
    if (key === 'value' && unit !== null && typeof value === 'number') addFact(pools, unit, value);
    else walk(index, value, { file: place.file, key, pools, per });
  }
}

/** Frequencies say beside them, or in the metrics beside them, what they count. */
function countedIn({ unit, metrics }: Record<string, unknown>): string | undefined {
  const named = typeof unit === 'string' ? unit : (metrics as { unit?: unknown } | undefined)?.unit;
  return named === 'calls' || named === 'traces' ? named : undefined;
}

/** Keys that mean another thing in this file or object are told apart. */
function keyIn({ file, key, per }: Place): string {
  const days = /_span_([37]d)\.csv$/u.exec(file)?.[1];
  if (days !== undefined) return `${key}_${days}`;
  return per !== '' && (key === 'seen' || key === 'of') ? `${per}_${key}` : key;
}

/**
 * An object that names a trace or an operation speaks for that one, and so do the objects inside it. One that also names a day or another slice of
 * the window speaks for nothing as a whole.
 */
function scopeOf(index: Index, object: Record<string, unknown>): Pool[] | null {
  const { trace_id: trace, operation, model } = object;
  if ('bucket' in object || 'day' in object) return [];
  if (typeof trace === 'string' && trace !== '') return [poolOf(index.byTrace, trace)];
  if (typeof operation === 'string') return [poolOf(index.byOperation, operation)];
  if (typeof model === 'string') return [poolOf(index.byModel, model)];
  return null;
}

function numbersOf(object: Record<string, unknown>): number[] {
  return Object.values(object).flatMap((value) =>
    typeof value === 'number'
      ? [value]
      : typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.values(value).filter((inner) => typeof inner === 'number')
        : [],
  );
}

function addFact(pools: Pool[], unit: string, value: number): void {
  for (const pool of pools) {
    pool.add('plain', value);
    if (unit === 'usd') pool.add('usd', value);
    if (unit === 'share') pool.add('percent', value);
  }
}

function addNumber(pools: Pool[], key: string, value: number): void {
  const money = MONEY_KEY.test(key) && !/share|rate|percent|pct/iu.test(key);
  const share = !money && (value <= 1 || /percent|pct/iu.test(key));
  for (const pool of pools) {
    if (key === 'minutes') pool.keep('minutes_s', value * 60);
    else pool.keep(key, value);
    pool.add('plain', value);
    if (money || NEUTRAL_KEY.test(key)) pool.add('usd', value);
    if (share) pool.add('percent', value > 1 ? value / 100 : value);
  }
}

function addText(index: Index, value: string, { file, key, pools }: Place): void {
  if (TRACE_KEY.test(key) && value !== '' && provesTraces(file)) index.traces.add(traceKey(value));
  if (value !== '' && value.length < 40 && Number.isFinite(Number(value))) addNumber(pools, key, Number(value));
  // What notes and earlier titles say was seen or told, not computed; the report may repeat it.
  if (NOTE_KEY.test(key) && !isHearsay(file)) {
    for (const pool of pools) {
      const text = plainFigures(value);
      for (const figure of [...moneyIn(text), ...percentagesIn(text), ...numbersIn(text)]) {
        pool.add(figure.unit, figure.value);
      }
    }
  }
}

const SHORTEST_PREFIX = 8;

function isShortened(sorted: readonly string[], id: string): boolean {
  const prefix = /^(.*?)(?:…|\.{3})$/u.exec(traceKey(id))?.[1] ?? '';
  if (prefix.length < SHORTEST_PREFIX) return false;
  return sorted.some((known) => known.startsWith(prefix));
}
