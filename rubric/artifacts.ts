import { readdirSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import type { z } from 'zod';
import { messageOf } from '../lib/errors.ts';
import { readPlainFile } from '../lib/files.ts';
import {
  facts,
  failureModes,
  type finding,
  findingsFile,
  modelRow,
  pricing,
  project,
  queriesFile,
  recommendationsFile,
  runStarted,
  type sample,
  samplesFile,
  spanRow,
  validationReport,
  varianceFile,
} from './schemas.ts';

export type Finding = z.infer<typeof finding>;
export type Sample = z.infer<typeof sample>;
export type SpanRow = z.infer<typeof spanRow>;
type ModelRow = z.infer<typeof modelRow>;

/** What is wrong with a file: absent, without content, or not what the contract says. */
interface Problem {
  file: string;
  kind: 'missing' | 'empty' | 'invalid';
  message: string;
}

/** A file's content, or what is wrong with it. */
export type Loaded<T> = { value: T; problem?: undefined } | { value?: undefined; problem: Problem };

export interface Artifacts {
  report: Loaded<string>;
  summary: Loaded<string>;
  validation: Loaded<z.infer<typeof validationReport>>;
  spans: Loaded<SpanRow[]>;
  spans3d: Loaded<SpanRow[]>;
  spans7d: Loaded<SpanRow[]>;
  models: Loaded<ModelRow[]>;
  variance: Loaded<z.infer<typeof varianceFile>>;
  samples: Loaded<Sample[]>;
  pricing: Loaded<z.infer<typeof pricing>>;
  findings: Loaded<z.infer<typeof findingsFile>>;
  facts: Loaded<z.infer<typeof facts>>;
  project: Loaded<z.infer<typeof project>>;
  failures: Loaded<z.infer<typeof failureModes>>;
  queries: Loaded<z.infer<typeof queriesFile>>;
  /** What the run was asked for, by its log; a problem where the log is missing or says nothing of it. */
  run: Loaded<z.infer<typeof runStarted>>;
  /** The report as one page. */
  page: Loaded<string>;
  recommendations: Loaded<z.infer<typeof recommendationsFile>>;
  /** Every readable file of `data/`, by name, in order: what figures and trace ids may come from. */
  data: { file: string; value: unknown }[];
}

/** The data files of the contract, each with what it must be. */
const CONTRACT = {
  validation: json('validation_report.json', validationReport),
  spans: csv('data/metrics_by_span.csv', spanRow),
  spans3d: csv('data/metrics_by_span_3d.csv', spanRow),
  spans7d: csv('data/metrics_by_span_7d.csv', spanRow),
  models: csv('data/metrics_by_model.csv', modelRow),
  variance: json('data/cost_variance.json', varianceFile),
  samples: json('data/qualitative_samples.json', samplesFile),
  pricing: json('data/model_pricing.json', pricing),
  findings: json('data/findings.json', findingsFile),
  facts: json('data/facts.json', facts),
  project: json('data/project.json', project),
  failures: json('data/failure_modes.json', failureModes),
  queries: json('data/queries.json', queriesFile),
  recommendations: json('data/recommendations.json', recommendationsFile),
};

interface ContractFile<T> {
  file: string;
  read(text: string): T;
}

function json<T>(file: string, schema: z.ZodType<T>): ContractFile<T> {
  return { file, read: (text) => parseJson(text, schema) };
}

function csv<T>(file: string, schema: z.ZodType<T>): ContractFile<T[]> {
  return { file, read: (text) => parseCsv(text, schema) };
}

/** Reads a results dir. Whatever is missing or broken becomes a problem of that file; nothing throws. */
export function readArtifacts(dir: string): Artifacts {
  const read = <T>({ file, read: parseText }: ContractFile<T>) => readWith(dir, file, parseText);
  return {
    report: readWith(dir, 'recommendations.md', unixLines),
    summary: readWith(dir, 'summary.md', unixLines),
    validation: read(CONTRACT.validation),
    spans: read(CONTRACT.spans),
    spans3d: read(CONTRACT.spans3d),
    spans7d: read(CONTRACT.spans7d),
    models: read(CONTRACT.models),
    variance: read(CONTRACT.variance),
    samples: read(CONTRACT.samples),
    pricing: read(CONTRACT.pricing),
    findings: read(CONTRACT.findings),
    facts: read(CONTRACT.facts),
    project: read(CONTRACT.project),
    failures: read(CONTRACT.failures),
    queries: read(CONTRACT.queries),
    run: readWith(dir, 'events.jsonl', startOfRun),
    page: readText(dir, 'report.html'),
    recommendations: read(CONTRACT.recommendations),
    data: dataFiles(dir),
  };
}

/** What is wrong with a file of the contract; undefined where nothing is, or the contract says nothing of it. */
export function contractProblem(dir: string, file: string): string | undefined {
  const known = contractOf(file);
  return known && readWith(dir, file, known.read).problem?.message;
}

export function isOfContract(file: string): boolean {
  return contractOf(file) !== undefined;
}

function contractOf(file: string): ContractFile<unknown> | undefined {
  return Object.values<ContractFile<unknown>>(CONTRACT).find((each) => each.file === file);
}

/** What is wrong with a picture: it must be there and be what its name says. */
export function pictureProblem(dir: string, file: string): string | undefined {
  return readWith(dir, file, (text) => {
    if (file.endsWith('.svg') && !text.includes('<svg')) throw new Error('is no SVG');
    // The first byte of a PNG is no UTF-8.
    if (file.endsWith('.png') && !text.startsWith('\uFFFDPNG')) throw new Error('is no PNG');
    return text;
  }).problem?.message;
}

/** Editors of other systems end lines in other ways. */
function unixLines(text: string): string {
  return text.replace(/\r\n?/gu, '\n');
}

/** Any file's text, or what is wrong with it. */
export function readText(dir: string, file: string): Loaded<string> {
  return readWith(dir, file, (text) => text);
}

function readWith<T>(dir: string, file: string, parseText: (text: string) => T): Loaded<T> {
  const problem = (kind: Problem['kind'], message: string): Loaded<T> => ({ problem: { file, kind, message } });
  let text: string;
  try {
    text = readPlainFile(dir, file)
      .toString('utf8')
      .replace(/^\uFEFF/u, '');
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return problem(absent ? 'missing' : 'invalid', `${file} ${absent ? 'is missing' : messageOf(error)}`);
  }
  if (text.trim() === '') return problem('empty', `${file} is empty`);
  try {
    return { value: parseText(text) };
  } catch (error) {
    return problem('invalid', `${file}: ${messageOf(error)}`);
  }
}

/** Deeper values are none of a report, and would exhaust whoever walks them. */
const MAX_DEPTH = 100;

function shallowJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (isDeeper(value, MAX_DEPTH)) throw new Error(`it is nested more than ${MAX_DEPTH} deep`);
  return value;
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((inner) => isDeeper(inner, depth - 1));
}

function parseJson<T>(text: string, schema: z.ZodType<T>): T {
  return checked(schema, shallowJson(text));
}

function startOfRun(log: string): z.infer<typeof runStarted> {
  const line = log.split('\n').find((text) => text.includes('"run_started"'));
  if (line === undefined) throw new Error('no run_started');
  return parseJson(line, runStarted);
}

const TEXT_COLUMNS = new Set(['operation', 'model', 'provider', 'day', 'trace_id']);

/** Rows as objects: text columns stay text, other cells are numbers, an empty cell is null. */
function csvRows(text: string): Record<string, string | number | null>[] {
  const rows = parse(text, { columns: true, skip_empty_lines: true }) as Record<string, string>[];
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, cell]) => [name, TEXT_COLUMNS.has(name) ? cell : csvCell(cell)]),
    ),
  );
}

function csvCell(cell: string): string | number | null {
  if (cell.trim() === '') return null;
  const number = Number(cell);
  return Number.isFinite(number) ? number : cell;
}

function parseCsv<T>(text: string, schema: z.ZodType<T>): T[] {
  const rows = csvRows(text);
  if (rows.length === 0 && !text.includes(',')) throw new Error('no column heads');
  return rows.map((row, index) => {
    const result = schema.safeParse(row);
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    throw new Error(`row ${index + 1}, ${issue?.path.join('.') || 'row'}: ${issue?.message ?? 'invalid'}`);
  });
}

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Error(`${issue?.path.join('.') || 'content'}: ${issue?.message ?? 'invalid'}`);
}

function dataFiles(dir: string): Artifacts['data'] {
  let names: string[];
  try {
    names = readdirSync(path.join(dir, 'data')).sort();
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const file = `data/${name}`;
    const read = name.endsWith('.json') ? shallowJson : name.endsWith('.csv') ? csvRows : null;
    const loaded = read && readWith<unknown>(dir, file, (text) => read(text));
    return loaded && !loaded.problem ? [{ file, value: loaded.value }] : [];
  });
}
