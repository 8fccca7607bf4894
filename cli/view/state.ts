import { describeInput } from '../../agent/describe-input.ts';
import type { EventBody, GenerationEvent } from '../../agent/events.ts';

export type StepStatus = 'waiting' | 'running' | 'done' | 'failed' | 'stopped';

export interface StepState {
  number: number;
  id: string;
  title: string;
  status: StepStatus;
  queries: number;
  rows: number;
  /** Milliseconds, as given by the clock of the events. */
  startedAt: number;
  elapsedS: number;
}

/** What a view shows of a run, computed from its events alone. */
export interface RunState {
  title: string;
  note: string;
  source: string;
  window: { from: string; to: string } | null;
  notices: string[];
  steps: StepState[];
  /** The tool that is running and the last thing that is known of it. */
  call: { tool: string; detail: string; startedAt: number } | null;
  startedAt: number;
  queries: number;
  rows: number;
  responseBytes: number;
  /** What the agent's model used; null where none was asked. */
  model: { requests: number; tokens: number; costUsd: number } | null;
  /** What its cost may reach, USD. */
  maxCostUsd: number | null;
  finished: boolean;
}

export function initialState(): RunState {
  return {
    title: '',
    note: '',
    source: '',
    window: null,
    notices: [],
    steps: [],
    call: null,
    startedAt: 0,
    queries: 0,
    rows: 0,
    responseBytes: 0,
    model: null,
    maxCostUsd: null,
    finished: false,
  };
}

/** The state after one more event. @param at when it happened, in milliseconds */
export function nextState(state: RunState, event: EventBody, at: number): RunState {
  switch (event.type) {
    case 'run_started': {
      const fresh = { status: 'waiting' as const, queries: 0, rows: 0, startedAt: 0, elapsedS: 0 };
      const { title, version } = event.runbook;
      const steps = event.steps.map((step) => ({ ...step, ...fresh }));
      return {
        ...state,
        title: `${title} ${version}`,
        note: event.note,
        steps,
        maxCostUsd: event.budget?.costUsd ?? null,
        startedAt: at,
      };
    }
    case 'source_opened': {
      const notices = event.notices.map((notice) => notice.message);
      return { ...state, source: event.label, window: event.window, notices };
    }
    case 'step_started':
      return withStep(state, event.number, (step) => ({ ...step, status: 'running', startedAt: at }));
    case 'tool_started':
      return { ...state, call: { tool: event.tool, detail: describeInput(event.input), startedAt: at } };
    case 'tool_progress':
      return state.call ? { ...state, call: { ...state.call, detail: event.message } } : state;
    case 'tool_finished':
    case 'tool_failed':
      return { ...state, call: null };
    case 'query': {
      const { step, rows } = event;
      const counted = withStep(state, step, (old) => ({ ...old, queries: old.queries + 1, rows: old.rows + rows }));
      const call = state.call && event.name !== '' ? { ...state.call, detail: event.name } : state.call;
      const responseBytes = state.responseBytes + event.response_bytes;
      return { ...counted, call, queries: state.queries + 1, rows: state.rows + rows, responseBytes };
    }
    case 'generation':
      return { ...state, model: withGeneration(state.model, event.properties) };
    case 'step_finished':
      return withStep(state, event.number, (step) => ({ ...step, status: 'done', elapsedS: event.elapsed_s }));
    case 'step_failed':
      return withStep(state, event.number, (step) => ({ ...step, status: 'failed', elapsedS: event.elapsed_s }));
    case 'gate_stopped':
      return withStep(state, event.number, (step) => {
        const elapsedS = step.status === 'running' ? (at - step.startedAt) / 1000 : 0;
        return { ...step, status: 'stopped', elapsedS };
      });
    case 'run_finished':
      return { ...state, call: null, finished: true };
    default:
      return state;
  }
}

function withGeneration(model: RunState['model'], used: GenerationEvent['properties']): NonNullable<RunState['model']> {
  const { requests, tokens, costUsd } = model ?? { requests: 0, tokens: 0, costUsd: 0 };
  const prompt = used.$ai_input_tokens + used.$ai_cache_read_input_tokens + used.$ai_cache_creation_input_tokens;
  return {
    requests: requests + 1,
    tokens: tokens + prompt + used.$ai_output_tokens,
    costUsd: costUsd + used.$ai_total_cost_usd,
  };
}

function withStep(state: RunState, number: number, change: (step: StepState) => StepState): RunState {
  return { ...state, steps: state.steps.map((step) => (step.number === number ? change(step) : step)) };
}
