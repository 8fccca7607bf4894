import { type Evidence, usualPrompt } from '../evidence.ts';
import type { Finding } from '../findings.ts';
import {
  citedTraces,
  type Group,
  groupSavings,
  groups,
  MIN_SEEN,
  number,
  operationCost,
  toFinding,
  traceCount,
} from './shared.ts';

/** Share of an operation's traces from which on a pattern is more than a stray. */
const MIN_SHARE = 0.03;
/** Validation retries whose answers never change are certain waste; others may have been of use. */
const LOW_SHARE_OF_CHANGED_RETRIES = 0.5;

function frequent(evidence: Evidence, group: Group): boolean {
  const of = traceCount(evidence, group.operation);
  return group.first.seen >= MIN_SEEN && group.first.seen >= MIN_SHARE * of;
}

/** Prompts far above the operation's own norm. */
export function promptOutliers(evidence: Evidence): Finding[] {
  return groups(evidence.traceEvidence.filter((row) => row.kind === 'prompt_bloat'))
    .filter((group) => frequent(evidence, group))
    .map((group) => {
      const profile = evidence.traces.find((t) => t.operation === group.operation);
      const usual = profile ? usualPrompt(profile) : null;
      const largest = Math.max(...group.rows.map((row) => number(row, 'first_context')));
      return toFinding(evidence, {
        kind: 'prompt_bloat',
        operation: group.operation,
        title: 'Some prompts are many times the size this operation needs',
        traces: citedTraces(group.rows),
        seen: group.first.seen,
        of: traceCount(evidence, group.operation),
        unit: 'traces',
        metrics: { usual_prompt_tokens: usual, largest_prompt_tokens: largest, wasted_usd: group.first.waste_total },
        savings: groupSavings(evidence, group),
      });
    });
}

/** Whole-history re-sending: the context grows turn by turn. */
export function contextStuffing(evidence: Evidence): Finding[] {
  return groups(evidence.traceEvidence.filter((row) => row.kind === 'context_stuffing'))
    .filter((group) => frequent(evidence, group))
    .map((group) => {
      const turns = group.rows.reduce((sum, row) => sum + number(row, 'n'), 0) / group.rows.length;
      const first = group.rows.reduce((sum, row) => sum + number(row, 'first_context'), 0) / group.rows.length;
      const last = group.rows.reduce((sum, row) => sum + number(row, 'last_context'), 0) / group.rows.length;
      return toFinding(evidence, {
        kind: 'context_stuffing',
        operation: group.operation,
        title: 'The whole history is sent again on every turn',
        traces: citedTraces(group.rows),
        seen: group.first.seen,
        of: traceCount(evidence, group.operation),
        unit: 'traces',
        metrics: {
          mean_turns: turns,
          mean_first_prompt_tokens: first,
          mean_last_prompt_tokens: last,
          wasted_usd: group.first.waste_total,
        },
        savings: groupSavings(evidence, group),
      });
    });
}

/**
 * Many near-identical calls in one trace. Where prompts can be read, identity is proved by hash; elsewhere it rests on equal prompt
 * sizes in quick succession and on a call count far above the operation's norm. Repeats that answer with tool calls are tool loops.
 */
export function retryStorms(evidence: Evidence): Finding[] {
  const loops = new Set(evidence.toolLoops.map((row) => row.trace_id));
  const byContent = groups(evidence.repeats);
  const read = evidence.content !== 'none';
  const bySize = groups(evidence.traceEvidence.filter((row) => row.kind === 'retry_storm'));
  const candidates = read ? byContent : bySize;
  return candidates
    .filter((group) => frequent(evidence, group) && !isToolLoop(group, loops))
    .map((group) => {
      const calls = number(group.first, 'calls_total');
      const errors = number(group.first, 'errors_total');
      const same = read ? number(group.first, 'same_total') : null;
      const cause = errors >= 0.3 * calls ? 'failed calls are retried at once' : 'successful calls are repeated';
      const lowFactor =
        same === null || calls === 0
          ? LOW_SHARE_OF_CHANGED_RETRIES
          : Math.max(LOW_SHARE_OF_CHANGED_RETRIES, same / calls);
      return toFinding(evidence, {
        kind: 'retry_storm',
        operation: group.operation,
        title: `The same request is sent again and again inside one trace: ${cause}`,
        traces: citedTraces(group.rows.filter((row) => !loops.has(row.trace_id))),
        seen: group.first.seen,
        of: traceCount(evidence, group.operation),
        unit: 'traces',
        metrics: {
          repeated_calls: calls,
          failed_calls: errors,
          identical_answers: same,
          most_calls_in_a_trace: Math.max(...group.rows.map((row) => number(row, 'n'))),
          proof: read ? 'identical prompts' : 'equal prompt sizes in quick succession',
          wasted_usd: group.first.waste_total,
        },
        savings: groupSavings(evidence, group, lowFactor),
      });
    });
}

/** Most of the repeated calls answered with the same tool call: the loop is the agent's, not the client's. */
function isToolLoop(group: Group, loops: Set<string>): boolean {
  const looping = group.rows.filter((row) => loops.has(row.trace_id)).length;
  return looping >= 0.5 * group.rows.length;
}

/** A loop of this many equal calls is one whatever it costs. */
const LONG_LOOP = 5;
/** A job that is polled two or three times wastes less than this share of the operation's cost. */
const MIN_LOOP_COST = 0.02;

/** Loops that are long or dear; an agent that looks twice at a running job is neither. */
function matters(evidence: Evidence, group: Group): boolean {
  const longest = Math.max(...group.rows.map((row) => number(row, 'n')));
  return longest >= LONG_LOOP || group.first.waste_total >= MIN_LOOP_COST * operationCost(evidence, group.operation);
}

/** The same tool with the same arguments, again and again. */
export function toolLoops(evidence: Evidence): Finding[] {
  const byName = evidence.traceEvidence.filter((row) => row.kind === 'tool_abuse');
  return groups(evidence.content === 'none' ? byName : evidence.toolLoops)
    .filter((group) => frequent(evidence, group) && matters(evidence, group))
    .map((group) =>
      toFinding(evidence, {
        kind: 'tool_abuse',
        operation: group.operation,
        title: 'The agent calls the same tool with the same arguments again and again',
        traces: citedTraces(group.rows),
        seen: group.first.seen,
        of: traceCount(evidence, group.operation),
        unit: 'traces',
        metrics: {
          most_repeats: Math.max(...group.rows.map((row) => number(row, 'n'))),
          tool: String(group.first.tool ?? ''),
          wasted_usd: group.first.waste_total,
        },
        savings: groupSavings(evidence, group, LOW_SHARE_OF_CHANGED_RETRIES),
      }),
    );
}

/** Share of an operation's calls that repeat another trace's request, from which on a response cache is worth its keep. */
const MIN_DUPLICATE_SHARE = 0.06;
const MIN_DUPLICATES = 10;
/** A cache with a lifetime catches fewer repeats than all of them. */
const CACHE_HIT_LOW = 0.5;

/** Identical requests in different traces, as a share of the operation's calls. */
export function duplicateCalls(evidence: Evidence): Finding[] {
  return groups(evidence.duplicates).flatMap((group) => {
    const calls = evidence.calls.find((profile) => profile.operation === group.operation)?.calls ?? 0;
    const { seen } = group.first;
    if (seen < MIN_DUPLICATES || seen < MIN_DUPLICATE_SHARE * calls) return [];
    return [
      toFinding(evidence, {
        kind: 'duplicate_calls',
        operation: group.operation,
        title: 'The same request is answered afresh in many traces',
        traces: citedTraces(group.rows),
        seen,
        of: calls,
        unit: 'calls',
        metrics: {
          distinct_requests: number(group.first, 'groups'),
          most_traces_of_one_request: Math.max(...group.rows.map((row) => number(row, 'n'))),
          wasted_usd: group.first.waste_total,
        },
        savings: groupSavings(evidence, group, CACHE_HIT_LOW),
        rate: 0,
      }),
    ];
  });
}
