/**
 * Generated projects with known problems: a world is a project's events, the problems that were planted in some of its
 * operations, and the operations in which there are none. Written from the contract of `findings.json` alone: nothing
 * here knows how findings are made, and nothing of the product is imported.
 */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { REPEATING, SIMPLE } from './clean-simple.ts';
import { TRACES } from './clean-traces.ts';
import type { Clock } from './clock.ts';
import type { Call, Dialect, OutputStyle, Stored } from './event.ts';
import { root, store } from './event.ts';
import { KINDS, type Kind, SHAPES } from './kinds.ts';
import { MODELS } from './models.ts';
import { OPERATION_NAMES } from './names.ts';
import { EMBEDDING, noise } from './noise.ts';
import { Random } from './random.ts';
import { instruction, type Shape, type Site } from './site.ts';
import { THEMES } from './text.ts';

const DAY_MS = 86_400_000;
const END = Date.parse('2026-10-28T00:00:00Z');

export interface WorldOptions {
  seed: number;
  /**
   * One operation for each; by default five to nine kinds chosen by the seed. A kind that the world cannot show (its text
   * is not stored, its window is too short) is left out.
   */
  problems?: readonly Kind[];
  /** Fixes the shape of a kind by name; by default chosen by the seed. */
  shapes?: Partial<Record<Kind, string>>;
  /** Whether prompts and answers are stored; by default in four of five worlds. */
  content?: boolean;
  /** Whose cost is recorded; by default chosen by the seed. */
  costs?: 'recorded' | 'none' | 'some';
  /** Length of the window in days, 7 to 30; by default chosen by the seed. */
  days?: number;
  /** How many sound operations; by default four to eight. */
  sound?: number;
}

export interface Planted {
  kind: Kind;
  operation: string;
  /** Which of the kind's shapes it has. */
  shape: string;
  traceIds: string[];
}

export interface World {
  seed: number;
  content: boolean;
  costs: 'recorded' | 'none' | 'some';
  days: number;
  /** In order of time, apart from a few that arrived late. */
  events: Stored[];
  planted: Planted[];
  /** Operations without any problem; `unnamed` stands for calls without a span name. */
  clean: string[];
  /** The shape of each sound operation. */
  cleanShapes: Record<string, string>;
}

export function generateWorld(options: WorldOptions): World {
  const r = new Random(`world ${options.seed}`);
  const problems = options.problems ?? r.shuffle(KINDS).slice(0, r.integer(5, 9));
  const content = options.content ?? r.chance(0.8);
  const costs = options.costs ?? r.pick(['recorded', 'recorded', 'some', 'none'] as const);
  const days = options.days ?? Math.max(problems.includes('cost_trend') ? 20 : 7, r.integer(7, 30));
  const project = newProject(r.fork('project'), content, costs, days);
  const planted = problems.flatMap((kind, i) =>
    plant(project, kind, options.shapes?.[kind], r.fork(`plant ${i} ${kind}`)),
  );
  const sound = soundShapes(r.fork('sound'), options.sound ?? r.integer(4, 8), content);
  for (const [i, shape] of sound.entries()) addSound(project, shape, r.fork(`sound ${i}`), i === 0 && r.chance(0.4));
  for (const event of noise(r.fork('noise'), project.clock, project.users)) {
    project.events.push(event);
    if (event.event === '$ai_embedding') project.sound[EMBEDDING] = 'embeddings';
  }
  return {
    seed: options.seed,
    content,
    costs,
    days,
    events: arrange(r.fork('order'), project.events),
    planted,
    clean: Object.keys(project.sound),
    cleanShapes: project.sound,
  };
}

interface Project {
  clock: Clock;
  dialect: Dialect;
  users: string[];
  names: string[];
  traceStyle: Site['traceStyle'];
  events: Stored[];
  sound: Record<string, string>;
}

function newProject(r: Random, content: boolean, costs: World['costs'], days: number): Project {
  const lacking = r.shuffle(MODELS.map((model) => model.name)).slice(0, 5);
  return {
    clock: {
      start: END - days * DAY_MS,
      end: END,
      weekend: r.between(0.25, 1),
      night: r.between(0.03, 0.4),
      noon: r.integer(9, 19),
    },
    dialect: {
      content,
      unrecorded: costs === 'none' ? 'all' : costs === 'some' ? lacking : [],
      success: r.pick(['absent', 'absent', 'false', 'text']),
      status: r.chance(0.8),
      failure: r.pick(['true', 'true', 'text']),
      sessions: r.chance(0.4),
      spanIds: r.chance(0.5),
      missingCost: r.pick(['absent', 'null']),
      anthropicCache: r.pick(['exclusive', 'unflagged', 'inclusive']),
      roots: r.chance(0.25),
    },
    users: Array.from({ length: r.integer(25, 300) }, (_, i) => `${r.pick(['u', 'user', 'acct'])}_${i}_${r.hex(4)}`),
    names: r.shuffle(OPERATION_NAMES),
    traceStyle: r.pick(['uuid', 'prefixed', 'run']),
    events: [],
    sound: {},
  };
}

function plant(project: Project, kind: Kind, named: string | undefined, r: Random): Planted[] {
  const days = (project.clock.end - project.clock.start) / DAY_MS;
  const possible = SHAPES[kind].filter(
    (shape) =>
      (named === undefined || shape.name === named) &&
      (project.dialect.content || !shape.needsContent) &&
      days >= (shape.minDays ?? 0),
  );
  if (possible.length === 0) return [];
  const shape = r.pick(possible);
  const operation = nextName(project);
  const calls = build(project, operation, shape, r);
  const traceIds = [...new Set(calls.filter((call) => call.planted).map((call) => call.trace))];
  return [{ kind, operation, shape: shape.name, traceIds }];
}

function addSound(project: Project, shape: Shape, r: Random, unnamed: boolean): void {
  const operation = unnamed ? null : nextName(project);
  build(project, operation, shape, r);
  project.sound[operation ?? 'unnamed'] = shape.name;
}

function nextName(project: Project): string {
  const name = project.names.pop();
  if (name === undefined) throw new Error('A world has at most as many operations as there are names.');
  return name;
}

function soundShapes(r: Random, count: number, content: boolean): Shape[] {
  const all = [...SIMPLE, ...REPEATING, ...TRACES].filter((shape) => content || !shape.needsContent);
  return r.shuffle(all).slice(0, count);
}

function build(project: Project, operation: string | null, shape: Shape, r: Random): Call[] {
  const { clock, users, dialect, traceStyle } = project;
  const theme = r.pick(THEMES);
  const stopIn = shape.stopIn ?? r.pick(['property', 'property', 'choices', 'nowhere'] as const);
  const site: Site = {
    r: r.fork('site'),
    operation: operation ?? 'unnamed',
    theme,
    model: r.pick(shape.models),
    clock,
    users,
    calls: Math.round(Math.exp(r.between(Math.log(shape.calls[0]), Math.log(shape.calls[1])))),
    intensity: r.between(...(shape.intensity ?? ([1, 1] as const))),
    system: instruction(r, theme),
    factor: r.between(0.94, 1.1),
    style: r.pick<OutputStyle>(['parts', 'choices', 'plain']),
    stopIn,
    traceStyle,
  };
  const calls = shape.build(site);
  const wire = r.fork('wire');
  // A private operation keeps its tokens and gives its text away to nobody, beside others that are stored in full.
  const hidden = operation !== null && !calls.some((call) => call.planted) && r.chance(0.12);
  const spelling = hidden ? { ...dialect, content: false } : dialect;
  for (const call of calls) project.events.push(store(wire, call, operation, site.style, spelling));
  if (dialect.roots && operation !== null)
    for (const trace of traces(calls)) project.events.push(root(wire, trace, operation, dialect));
  return calls;
}

function traces(calls: readonly Call[]): Call[][] {
  const byTrace = new Map<string, Call[]>();
  for (const call of calls) byTrace.set(call.trace, [...(byTrace.get(call.trace) ?? []), call]);
  return [...byTrace.values()];
}

function arrange(r: Random, events: readonly Stored[]): Stored[] {
  const late = new Map(
    events.map((event) => [event, Date.parse(event.timestamp) + (r.chance(0.01) ? r.integer(1, 600_000) : 0)]),
  );
  return [...events].sort((a, b) => (late.get(a) ?? 0) - (late.get(b) ?? 0) || (a.uuid < b.uuid ? -1 : 1));
}

/** Writes a world's events as JSON lines. */
export async function writeWorld(world: World, file: string): Promise<void> {
  const stream = createWriteStream(file);
  for (const event of world.events) if (!stream.write(`${JSON.stringify(event)}\n`)) await once(stream, 'drain');
  stream.end();
  await finished(stream);
}
