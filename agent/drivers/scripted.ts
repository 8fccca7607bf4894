import { RunbookError } from '../../lib/errors.ts';
import { callTool } from '../call-tool.ts';
import type { Driver, StepContext } from '../driver.ts';
import { toolBlocks } from '../runbook/tool-blocks.ts';

/** Makes a step's reference calls literally, in order, with no model: free, deterministic, seconds. */
export const scriptedDriver: Driver = {
  kind: 'scripted',
  async performStep({ step, text, tools, emit }: StepContext): Promise<void> {
    for (const block of toolBlocks(text, step.file, step.bodyLine)) {
      if (!step.tools.includes(block.tool)) {
        throw new RunbookError('runbook_invalid', `${step.file}:${block.line}: the step may not call ${block.tool}.`, {
          at: `${step.file}:${block.line}`,
          hint: `Its frontmatter lists: ${step.tools.join(', ') || 'no tools'}.`,
        });
      }
      tools.signal.throwIfAborted();
      const placeOf = (path: readonly PropertyKey[]) => `${step.file}:${block.lineOf(path)}`;
      await callTool({ step: step.number, tool: block.tool, input: block.input, placeOf }, tools, emit);
    }
  },
};
