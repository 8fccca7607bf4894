import type { Sample } from '../artifacts.ts';
import { percentagesIn } from '../figures.ts';
import type { ScopedBlock } from '../structure.ts';
import { at, counted, type Evidence, isThere, only, type Scored, withClaims } from './criterion.ts';
import { saysUnavailable } from './evidence.ts';

/** How a report may name each kind. */
const NAMES: Record<Exclude<Sample['abnormality'], 'clean'>, RegExp> = {
  prompt_stuffing: /prompt.?stuffing|stuffed prompt/iu,
  response_truncation: /truncat|cut.?off/iu,
  model_confusion: /model.?confusion|confused/iu,
  retry_storm: /retry.?storm|retries/iu,
  tool_abuse: /tool.?(?:abuse|loop)/iu,
  empty_output: /empty.?(?:output|answer|response)/iu,
};
const FREQUENCY = /\d+ of (?:the )?\d+\b/iu;

interface Shown {
  tag: string;
  traces: number;
  frequency: boolean;
  excerpt: boolean;
}

/**
 * Qualitative depth: the kinds of abnormality that reading found (data/qualitative_samples.json) and that the report shows with a frequency. Two
 * kinds with excerpts: 5; two, thinly shown, or one seen in several traces with excerpt and frequency: 4; one: 3. Where none was found, an honest report that
 * states an upper bound gets 3, and so does one that says that the content is unavailable: honesty must not score below invention.
 * Traces read without any such statement: 2. Nothing read: 1.
 */
export function qualitativeDepth(input: Evidence): Scored {
  const { artifacts, report } = input;
  const samples = artifacts.samples.value ?? [];
  if (samples.length === 0) return only(1, artifacts.samples.problem?.message ?? 'no trace was read');
  if (!isThere(input, 'Qualitative Findings')) return only(1, 'the section Qualitative Findings is missing or empty');
  const blocks = report.blocks.filter((block) => block.scope.section === 'Qualitative Findings');
  const kinds = Object.entries(NAMES).flatMap(([tag, name]) => shownKind(tag, name, samples, blocks) ?? []);
  const line = report.sections['Qualitative Findings']?.line;
  const scored = kinds.length > 0 ? ofKinds(kinds, input) : withoutFinding(input, blocks);
  const hidden = abnormalTags(samples).filter((tag) => !kinds.some((kind) => kind.tag === tag));
  const unsaid = hidden.length > 0 ? [`found by reading, but not in the report: ${hidden.join(', ')}`] : [];
  const read = `${at(line)}: ${counted(samples.length, 'trace', 'traces')} read`;
  const reasons = { faults: [...scored.faults, ...unsaid], merits: [read, ...scored.merits] };
  return withClaims('qualitative_depth', input, { score: scored.score, ...reasons });
}

function abnormalTags(samples: readonly Sample[]): string[] {
  return [...new Set(samples.map((s) => s.abnormality).filter((tag) => tag !== 'clean'))].sort();
}

/** A kind that the samples hold and that the section names under a heading or in its text. */
function shownKind(
  tag: string,
  name: RegExp,
  samples: readonly Sample[],
  blocks: readonly ScopedBlock[],
): Shown | null {
  const own = samples.filter((sample) => sample.abnormality === tag);
  const ids = new Set(own.map((sample) => sample.trace_id));
  const about = blocks.filter(
    (b) => name.test(b.scope.heading) || (b.kind === 'text' && b.lines.some((l) => name.test(l.text))),
  );
  if (own.length === 0 || about.length === 0) return null;
  const headings = new Set(about.map((b) => b.scope.heading));
  const near = blocks.filter((b) => headings.has(b.scope.heading));
  return {
    tag,
    traces: ids.size,
    frequency: near.some((b) => b.kind === 'text' && b.lines.some((l) => FREQUENCY.test(l.text))),
    excerpt: near.some((b) => b.kind === 'code' || (b.kind === 'text' && b.quoted)),
  };
}

function ofKinds(kinds: readonly Shown[], input: Evidence): Scored {
  const estimated = kinds.filter((kind) => kind.frequency);
  const whole = estimated.filter((kind) => kind.excerpt || saysUnavailable(input));
  const thin = kinds.filter((kind) => !whole.includes(kind));
  const reasons = { faults: thin.map(reasonOf), merits: kinds.filter((kind) => !thin.includes(kind)).map(reasonOf) };
  if (whole.length >= 2) return { score: 5, ...reasons };
  const [one] = whole;
  if (estimated.length >= 2 || (one && one.traces >= 2)) return { score: 4, ...reasons };
  return { score: 3, ...reasons };
}

function reasonOf({ tag, traces, frequency, excerpt }: Shown): string {
  const lacks = [
    ...(frequency ? [] : ['without an estimate of its frequency']),
    ...(excerpt ? [] : ['without an excerpt']),
  ];
  return [`${tag} in ${counted(traces, 'trace', 'traces')}`, ...lacks].join(', ');
}

function withoutFinding(input: Evidence, blocks: readonly ScopedBlock[]): Scored {
  if (abnormalTags(input.artifacts.samples.value ?? []).length > 0) {
    return only(2, 'what reading found is not in the report');
  }
  if (saysUnavailable(input)) return only(3, 'the project stores no content, and the report says so');
  const honest = blocks.some(
    (b) => b.kind === 'text' && b.lines.some((l) => /\bno\b.*\babnormal/iu.test(l.text) && isBounded(l.text)),
  );
  if (honest) return only(3, 'none is abnormal, and the report says how sure that is');
  return only(2, 'traces were read, but the report draws nothing from them');
}

function isBounded(text: string): boolean {
  return percentagesIn(text).length > 0 || /\d+ percent/iu.test(text);
}
