import type { z } from 'zod';
import type { Source } from '../sources/source.ts';
import type { FactStore } from './facts.ts';
import type { ResultsDir } from './results-dir.ts';

/** What a tool may reach: nothing else of the outside world is handed in. */
export interface ToolContext {
  readonly source: Source;
  readonly results: ResultsDir;
  readonly facts: FactStore;
  /** The runbook's parameters after defaults and validation. */
  readonly params: Readonly<Record<string, string | number | boolean>>;
  /** Pinned once per run; both ends are inclusive, UTC. */
  readonly window: { readonly from: Date; readonly to: Date };
  readonly signal: AbortSignal;
  /**
   * What something beside the source answers (the web, another program), as JSON: asked once, kept in the run's record under this name, and
   * given again where the run is replayed.
   */
  outside<T>(name: string, ask: () => Promise<T>): Promise<T>;
  /** A line for the live view; not part of the result. */
  progress(message: string): void;
}

/** A typed tool: the schemas are the contract for the loop, the MCP server, `runbook tool` and the docs. */
export interface Tool<I = unknown, O = unknown> {
  readonly name: string;
  /** Written for a model: what it does, when to use it, one example. */
  readonly description: string;
  readonly input: z.ZodType<I>;
  readonly output: z.ZodType<O>;
  /** What a call may change: nothing outside the results dir in any case. */
  readonly writes: 'nothing' | 'own artifacts' | 'any artifact';
  /** Where its material comes from: files of the results dir, the project's events, or the price table on the web. */
  readonly asks: 'artifacts' | 'source' | 'web';
  /** @throws RunbookError */
  run(input: I, context: ToolContext): Promise<O>;
}

/** Keeps a tool's own types while it is written; registries hold `Tool<unknown, unknown>`. */
export function defineTool<I, O>(tool: Tool<I, O>): Tool<I, O> {
  return tool;
}
