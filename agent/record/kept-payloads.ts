import type { KeptRunbook } from '../events.ts';
import { isDigest } from './payloads.ts';
import type { RunRecord } from './read.ts';

/** Payloads that a run's events name, and those that these name: the frame and the messages of a model request. Sorted, each once. */
export function payloadsOf({ events, payloads }: RunRecord): string[] {
  const named = new Set<string>();
  const requests = new Set<string>();
  for (const event of events) {
    for (const sha256 of digestsOf(event)) named.add(sha256);
    if (event.type === 'generation' && event.request !== null) requests.add(event.request);
  }
  for (const request of requests) for (const sha256 of digestsIn(payloads.getJson(request))) named.add(sha256);
  return [...named].sort();
}

function digestsOf(event: RunRecord['events'][number]): string[] {
  switch (event.type) {
    case 'run_started':
      return [event, ...(event.parent?.parts ?? [])].flatMap(filesOf);
    case 'run_resumed':
      return filesOf(event);
    case 'step_started':
      return [event.rendered_sha256];
    case 'tool_started':
    case 'tool_finished':
      return event.payload === null ? [] : [event.payload];
    case 'query':
    case 'generation':
      return [event.request, event.answer].filter((sha256) => sha256 !== null);
    case 'outside_read':
      return [event.answer];
    case 'artifact_written':
      return [event.sha256];
    case 'judge_asked':
      return [event.question, event.answer];
    default:
      return [];
  }
}

function filesOf({ runbook }: { runbook?: KeptRunbook }): string[] {
  return (runbook?.files ?? []).map(({ sha256 }) => sha256);
}

function digestsIn(request: unknown): string[] {
  const { frame, messages } = request as { frame?: unknown; messages?: unknown };
  return [frame, ...(Array.isArray(messages) ? messages : [])].filter(isDigest);
}
