import { isDeepStrictEqual } from 'node:util';
import type { RunRecord } from '../../agent/record/read.ts';
import type { RecordedCall, RecordedStep } from '../../agent/record/story.ts';
import type { CallOutcome } from '../../agent/replay/driver.ts';
import { bytes, plural, seconds, truncate } from '../../lib/format.ts';
import type { Place } from './place.ts';

/** Characters of a value or message that are shown. */
const MAX_TEXT = 4000;

export function stepHead({ number, title, calls, end }: RecordedStep): string {
  const took = end && 'elapsed_s' in end ? `, took ${seconds(end.elapsed_s)}` : '';
  const tools = calls.map(({ tool }) => tool).join(', ');
  return `\nStep ${number}: ${title} (${plural(calls.length, 'call')}${took})${tools === '' ? '' : `\n  ${tools}`}`;
}

export function callHead(step: RecordedStep, call: RecordedCall): string {
  const place = step.calls.indexOf(call) + 1;
  const rows = call.queries.reduce((sum, query) => sum + query.rows, 0);
  const asked =
    call.queries.length === 0
      ? ''
      : `: ${plural(call.queries.length, 'query', 'queries')}, ${plural(rows, 'row')}, ${bytes(sizeOf(call))}`;
  return `  call ${place} of ${step.calls.length}: ${call.tool}${asked}\n${indented(inputText(call, undefined))}`;
}

function sizeOf({ queries }: RecordedCall): number {
  return queries.reduce((sum, query) => sum + query.response_bytes, 0);
}

export function inputText({ input }: RecordedCall, edited: unknown): string {
  return json(edited ?? input);
}

export function outputText({ outcome }: RecordedCall): string {
  if (outcome === null) return 'The run ended before the call did.';
  return outcome.kind === 'finished' ? json(outcome.output) : `failed: ${outcome.code}: ${outcome.message}`;
}

/** What a call gave now, beside what it gave then. */
export function outcomeText({ outcome }: RecordedCall, now: CallOutcome): string {
  const then = outcome?.kind === 'finished' ? json(outcome.output) : `${outcome?.code}: ${outcome?.message}`;
  const today = now.kind === 'finished' ? json(now.output) : `${now.code}: ${now.message}`;
  if (isDeepStrictEqual(then, today)) return `  ${now.kind}, as recorded`;
  return `  ${now.kind}, and not as recorded\n${indented(today)}`;
}

/** What the agent knew at a place: its last request, or the parameters and the notes of the steps before. */
export function contextText(record: RunRecord, place: Place): string {
  const { step } = place;
  const first = place.kind === 'call' ? startOf(record, place.call) : step.seq.to;
  const asked = step.generations.filter(({ seq, request }) => request !== null && seq < first).at(-1);
  if (asked?.request) return messagesText(record, asked.request);
  const notes = record.events.flatMap((event) =>
    event.type === 'step_finished' && event.number < step.number && event.note
      ? [`Step ${event.number}: ${event.note}`]
      : [],
  );
  return [`Parameters: ${json(record.started.params)}`, ...notes].join('\n');
}

function startOf({ events }: RunRecord, { call }: RecordedCall): number {
  return events.find((event) => event.type === 'tool_started' && event.call === call)?.seq ?? 0;
}

interface Kept {
  frame: string;
  messages: string[];
}

function messagesText({ payloads }: RunRecord, request: string): string {
  const { messages } = payloads.getJson(request) as Kept;
  return messages
    .map((payload) => payloads.getJson(payload) as { role: string; content: unknown })
    .map(
      ({ role, content }) =>
        `${role}:\n${indented(typeof content === 'string' ? truncate(content, MAX_TEXT) : json(content))}`,
    )
    .join('\n');
}

function json(value: unknown): string {
  return truncate(JSON.stringify(value, null, 2) ?? 'null', MAX_TEXT);
}

function indented(text: string): string {
  return text.replace(/^/gmu, '    ');
}
