import { describeInput } from '../../agent/describe-input.ts';
import type { RunEvent } from '../../agent/events.ts';
import { seconds } from '../../lib/format.ts';
import { wordsOfRound } from './run-rounds.tsx';

/** What the page shows of an event; most events are none of it. Its script sets these as text. */
export function messageOf(event: RunEvent): { event: string; data: string } | undefined {
  const told = (name: string, data: object) => ({ event: name, data: JSON.stringify(data) });
  switch (event.type) {
    case 'run_started':
    case 'run_resumed':
      return told('begin', {});
    case 'step_started':
      return told('step', { step: event.number, state: 'running', note: '' });
    case 'step_finished':
      return told('step', { step: event.number, state: 'done', note: seconds(event.elapsed_s) });
    case 'step_failed':
      return told('step', { step: event.number, state: 'failed', note: event.message });
    case 'gate_stopped':
      return told('step', { step: event.number, state: 'stopped', note: event.message });
    case 'tool_started':
      return told('call', { ...callIn(event), detail: describeInput(event.input) });
    case 'tool_finished':
      return told('call', { ...callIn(event), note: seconds(event.elapsed_s) });
    case 'tool_failed':
      return told('call', { ...callIn(event), note: event.message, failed: true });
    case 'tool_progress':
      return told('now', { text: event.message });
    case 'generation':
      return told('cost', { usd: event.properties.$ai_total_cost_usd });
    case 'judge_opened':
      return told('now', { text: `${event.model} judges the report.` });
    case 'graded':
      return told('round', wordsOfRound(event));
    case 'round_finished':
      return event.note === null ? undefined : told('now', { text: event.note });
    default:
      return undefined;
  }
}

function callIn({ step, call, tool }: { step: number; call: number | null; tool: string }) {
  return { step, call, tool };
}
