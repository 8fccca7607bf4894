import type { Ground } from './claim.ts';
import { traceKey } from './keys.ts';

/** Kinds of findings as sentences name them, and where the data hold them. */

export interface Kind {
  /** Kinds of findings, and of failures, that it may stand for. */
  kinds: string[];
  /** How a sample is tagged that shows it. */
  tags: string[];
  /** Nouns for it. */
  noun: string;
  /** What an operation does that has it. */
  verb: string;
  /** What its calls or answers are. */
  state?: string;
}

export const KINDS: Kind[] = [
  {
    kinds: ['retry_storm'],
    tags: ['retry_storm'],
    noun: 'retry[ -]storms?|storms? of retries|excessive retries',
    verb: 'retries (?:again and again|the same request|endlessly)',
  },
  { kinds: ['timeouts'], tags: [], noun: 'time-?outs', verb: 'times out|keeps timing out', state: 'timed out' },
  {
    kinds: ['response_truncation'],
    tags: ['response_truncation'],
    noun: '(?:truncation|(?:response |output )truncation|truncated (?:answers|responses|outputs)|cut-off answers)',
    verb: '(?:truncates|cuts off) (?:its )?(?:answers|responses|outputs)|has its answers (?:truncated|cut off)',
    state: 'truncated|cut off|cut short',
  },
  {
    kinds: ['rate_limited'],
    tags: [],
    noun: '(?:rate[ -]limits|rate[ -]limiting|throttling|429s)',
    verb: '(?:is|gets) (?:rate[ -]limited|throttled)|hits (?:the|a|its) rate limit',
    state: 'refused|throttled|rate[ -]limited',
  },
  {
    kinds: ['tool_abuse'],
    tags: ['tool_abuse'],
    noun: 'tool (?:loops?|abuse)|endless tool calls',
    verb: '(?:loops|abuses) (?:over |on |in )?(?:its |the )?tools?',
  },
  {
    kinds: ['empty_output'],
    tags: ['empty_output'],
    noun: 'empty (?:answers|responses|outputs?)|silent answers',
    verb: '(?:answers|responds) with nothing|returns nothing',
    state: 'empty',
  },
  {
    kinds: ['prompt_bloat', 'context_stuffing'],
    tags: ['prompt_stuffing'],
    noun: 'prompt (?:bloat|stuffing)|bloated prompts|oversized prompts|context stuffing',
    verb: 'stuffs its (?:prompts?|context)|sends (?:bloated|oversized) prompts|sends (?:its|the) whole history',
  },
  {
    kinds: ['duplicate_calls', 'retry_storm'],
    tags: ['retry_storm'],
    noun: 'duplicate (?:calls|requests)|duplicated calls',
    verb: 'sends (?:duplicate|duplicated) (?:calls|requests)',
  },
  {
    kinds: ['cacheable_prefix'],
    tags: [],
    noun: 'uncached prefix(?:es)?|(?:a )?cacheable prefix(?:es)?',
    verb: 'pays full price for (?:its|the same) prefix',
  },
  {
    kinds: ['model_misuse'],
    tags: [],
    noun: 'model misuse|too large a model|an oversized model',
    verb: 'misuses (?:a premium|its) model',
  },
  { kinds: ['server_errors'], tags: [], noun: 'server errors|5xx errors|errors 500', verb: 'fails with server errors' },
  {
    kinds: ['model_confusion'],
    tags: ['model_confusion'],
    noun: 'model confusion|answers outside (?:its|the) labels',
    verb: 'answers outside (?:its|the) labels',
  },
  {
    kinds: ['malformed_output'],
    tags: [],
    noun: 'malformed (?:json|outputs?|answers)|invalid json',
    verb: '(?:answers in|returns) (?:invalid|malformed) json',
  },
];

/** Operations that the data say this of; null where they hold no findings at all. */
export function shownBy({ kinds, tags }: Kind, { artifacts }: Ground): Set<string> | null {
  if (!artifacts.findings.value) return null;
  const found = artifacts.findings.value.findings.filter(({ kind }) => kinds.includes(kind));
  const read = (artifacts.samples.value ?? []).filter(({ abnormality }) => tags.includes(abnormality));
  const failed = groupsOf(artifacts.failures.value).filter((group) => kinds.includes(group.class));
  return new Set([...found, ...read, ...failed].map(({ operation }) => traceKey(operation)));
}

interface Group {
  operation: string;
  class: string;
  errors: number;
}

function groupsOf(failures: unknown): Group[] {
  const groups = (failures as { groups?: unknown } | undefined)?.groups;
  return Array.isArray(groups) ? groups.filter((one): one is Group => typeof one?.class === 'string') : [];
}

/** The share of an operation's calls, or of all where it has no name, that failed in this way. */
export function groupShare(operation: string, classes: readonly string[], ground: Ground): number | null {
  if (!groupsOf(ground.artifacts.failures.value)[0]) return null;
  const rows = (ground.artifacts.spans.value ?? []).filter((row) => isOf(row.operation, operation));
  const calls = rows.reduce((sum, row) => sum + row.calls, 0);
  const errors = groupsOf(ground.artifacts.failures.value)
    .filter((group) => isOf(group.operation, operation) && classes.includes(group.class))
    .reduce((sum, group) => sum + group.errors, 0);
  return calls > 0 ? errors / calls : null;
}

function isOf(name: string, operation: string): boolean {
  return operation === '' || traceKey(name) === operation;
}

/** How often an operation shows what was found in it; null where nothing was found. */
export function findingShare(operation: string, kinds: readonly string[], ground: Ground): number | null {
  const found = ground.artifacts.findings.value?.findings.find(
    (one) => kinds.includes(one.kind) && traceKey(one.operation) === operation,
  );
  return found && found.frequency.of > 0 ? found.frequency.seen / found.frequency.of : null;
}
