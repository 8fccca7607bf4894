import type { Driver } from '../driver.ts';
import { toolBlocks } from '../runbook/tool-blocks.ts';

/** Makes a step's reference calls literally, in order, with no model: free, deterministic, seconds. */
export const scriptedDriver: Driver = {
  kind: 'scripted',
  async performStep(step, { text, lineAt }, { signal, call }) {
    for (const { tool, input, lineOf } of toolBlocks(text, step.file, lineAt)) {
      signal.throwIfAborted();
      await call({ tool, input, placeOf: (path) => `${step.file}:${lineOf(path)}` });
    }
    return undefined;
  },
};
