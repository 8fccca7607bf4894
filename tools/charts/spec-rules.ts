import type { ChartSpec, Json } from '../../analysis/chart-theme.ts';
import { RunbookError } from '../../lib/errors.ts';
import { MAX_CELL, MAX_DEPTH, MAX_FACETS, MAX_NODES, MAX_ROWS, MAX_SIDE, MAX_STEPS } from './limits.ts';

type ParseExpression = (code: string) => unknown;

const REMOTE_KEYS = new Set(['url', 'href', 'src']);
const EXPRESSION_KEYS = new Set(['calculate', 'expr', 'labelExpr']);
/** Keys whose strings are expressions, directly or in a list; their objects are predicates. */
const PREDICATE_KEYS = new Set(['filter', 'test', 'and', 'or', 'not']);
const STEP_KEYS = new Set(['maxbins', 'steps', 'minsteps', 'maxsteps', 'tickCount']);
/** Patterns that backtrack for ever on hostile text; nothing that a chart needs. */
const REFUSED_FUNCTIONS = new Set(['regexp', 'test']);

/** An error that names the place in the spec: `$.layer[1].encoding.x`. */
export function specError(at: string, message: string, hint?: string): RunbookError {
  return new RunbookError('tool_input', `spec ${at}: ${message}`, { at, ...(hint ? { hint } : {}) });
}

/**
 * The hard rules of a spec, checked before anything is compiled: no address to load, no image, no link, no regular
 * expression, bounded rows, size, depth and generated points.
 * @returns the number of inline rows
 * @throws RunbookError `tool_input` naming the JSON path
 */
export function checkSpec(spec: ChartSpec, parseExpression: ParseExpression): number {
  const walk = new SpecWalk(parseExpression);
  walk.object(spec, '$', 0);
  if (walk.rows > MAX_ROWS) {
    throw specError('$', `${walk.rows} rows are more than a chart may hold (${MAX_ROWS}).`, 'Aggregate in the query.');
  }
  return walk.rows;
}

class SpecWalk {
  rows = 0;
  #nodes = 0;
  readonly #parseExpression: ParseExpression;

  constructor(parseExpression: ParseExpression) {
    this.#parseExpression = parseExpression;
  }

  object(object: { [key: string]: Json }, at: string, depth: number): void {
    checkMark(object, at);
    for (const [key, value] of Object.entries(object)) {
      const path = /^[A-Za-z_$]\w*$/u.test(key) ? `${at}.${key}` : `${at}[${JSON.stringify(key)}]`;
      if (REMOTE_KEYS.has(key)) {
        throw specError(path, 'A chart may not load or link to anything.', 'Give the rows as data or data_from.');
      }
      checkNumber(key, value, path);
      if (key === 'data' && isObject(value)) this.#data(value, path);
      else if (key === 'datasets' && isObject(value)) {
        for (const [name, rows] of Object.entries(value)) this.#values(rows, `${path}.${name}`);
      } else this.#value(key, value, path, depth + 1);
    }
  }

  #value(key: string, value: Json, at: string, depth: number): void {
    this.#nodes += 1;
    if (depth > MAX_DEPTH) throw specError(at, `The spec nests deeper than ${MAX_DEPTH} levels.`);
    if (this.#nodes > MAX_NODES) throw specError(at, `The spec holds more than ${MAX_NODES} values.`);
    if (typeof value === 'string') {
      if (EXPRESSION_KEYS.has(key) || PREDICATE_KEYS.has(key)) this.#expression(value, at);
    } else if (Array.isArray(value)) {
      value.forEach((item, index) => {
        this.#value(key, item, `${at}[${index}]`, depth + 1);
      });
    } else if (isObject(value)) this.object(value, at, depth);
  }

  #data(data: { [key: string]: Json }, at: string): void {
    if ('values' in data) this.#values(data.values, `${at}.values`);
    if ('graticule' in data || 'sphere' in data) throw specError(at, 'Map grids are not available.');
    if (isObject(data.sequence)) {
      const { start = 0, stop = 0, step = 1 } = data.sequence;
      const count = Math.abs((Number(stop) - Number(start)) / Number(step));
      if (!(count <= MAX_STEPS)) throw specError(`${at}.sequence`, `A sequence may hold at most ${MAX_STEPS} points.`);
    }
    for (const key of REMOTE_KEYS) {
      if (key in data) {
        throw specError(`${at}.${key}`, 'A chart may not load anything.', 'Give the rows as data or data_from.');
      }
    }
  }

  #values(values: Json | undefined, at: string): void {
    if (!Array.isArray(values)) throw specError(at, 'Inline data must be a list of rows.');
    this.rows += values.length;
    if (this.rows > MAX_ROWS) return;
    values.forEach((row, index) => {
      const cells = isObject(row) ? Object.entries(row) : [['', row] as const];
      for (const [name, cell] of cells) {
        if (typeof cell === 'object' && cell !== null) {
          throw specError(`${at}[${index}].${name}`, 'A cell must be text, a number, a boolean or null.');
        }
        if (typeof cell === 'string' && cell.length > MAX_CELL) {
          throw specError(`${at}[${index}].${name}`, `A cell may hold at most ${MAX_CELL} characters.`);
        }
      }
    });
  }

  #expression(code: string, at: string): void {
    let tree: unknown;
    try {
      tree = this.#parseExpression(code);
    } catch (cause) {
      throw specError(at, `${JSON.stringify(code.slice(0, 120))} is no Vega expression: ${(cause as Error).message}`);
    }
    const refused = findRefused(tree);
    if (refused) throw specError(at, `${refused} is not available in a chart.`, 'Filter or match in the query.');
  }
}

/** The first regular expression or method call in an expression's syntax tree. */
function findRefused(node: unknown): string | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  const { type, regex, callee } = node as { type?: string; regex?: unknown; callee?: { name?: string } };
  if (type === 'Literal') return regex ? 'A regular expression' : undefined;
  if (type === 'CallExpression') {
    if (callee?.name === undefined) return 'A method call';
    if (REFUSED_FUNCTIONS.has(callee.name)) return `The function ${callee.name}()`;
  }
  for (const child of Object.values(node)) {
    const found = findRefused(child);
    if (found) return found;
  }
  return undefined;
}

function checkMark(object: { [key: string]: Json }, at: string): void {
  const { mark } = object;
  if (mark === 'image' || (isObject(mark) && mark.type === 'image')) {
    throw specError(`${at}.mark`, 'Image marks are not available.', 'Use points, bars, lines or text.');
  }
}

function checkNumber(key: string, value: Json, at: string): void {
  if (key === 'width' || key === 'height') {
    const side = isObject(value) && 'step' in value ? value.step : value;
    if (typeof side === 'number' && !(side >= 0 && side <= MAX_SIDE)) {
      throw specError(at, `${side} pixels is out of range (0 to ${MAX_SIDE}).`);
    }
  }
  if (STEP_KEYS.has(key) && typeof value === 'number' && !(value <= MAX_STEPS)) {
    throw specError(at, `${value} is more than ${MAX_STEPS}.`);
  }
  if (key === 'keyvals' && isObject(value)) {
    const { start = 0, stop = 0, step = 1 } = value;
    if (!(Math.abs((Number(stop) - Number(start)) / Number(step)) <= MAX_STEPS)) {
      throw specError(at, `keyvals may hold at most ${MAX_STEPS} values.`);
    }
  }
  if (key === 'repeat') {
    const lists = isObject(value) ? Object.values(value) : [value];
    const charts = lists.reduce((product: number, list) => product * (Array.isArray(list) ? list.length : 1), 1);
    if (charts > MAX_FACETS) throw specError(at, `${charts} charts are more than ${MAX_FACETS}.`);
  }
}

/** Refuses a facet per distinct value where there are too many: each is a chart of its own. */
export function checkFacets(spec: ChartSpec, rows: readonly Json[]): void {
  const { encoding, facet } = spec;
  const channels = [
    ...(isObject(encoding) ? (['row', 'column', 'facet'] as const).map((key) => [key, encoding[key]] as const) : []),
    ['facet', facet] as const,
    ...(isObject(facet) ? (['row', 'column'] as const).map((key) => [key, facet[key]] as const) : []),
  ];
  for (const [name, channel] of channels) {
    if (!isObject(channel) || typeof channel.field !== 'string') continue;
    const { field } = channel;
    const distinct = new Set(rows.map((row) => (isObject(row) ? row[field] : undefined))).size;
    if (distinct > MAX_FACETS) {
      throw specError(`$…${name}`, `${distinct} small charts are more than ${MAX_FACETS}.`, 'Keep the largest groups.');
    }
  }
}

export function isObject(value: unknown): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
