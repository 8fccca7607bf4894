import { OF_THE_RUN, OWNED } from '../tools/owned-artifacts.ts';
import type { Runbook, Step } from './runbook/manifest.ts';

/** Why a tool may not write a file; undefined where it may. */
export type WriteRule = (tool: string, file: string) => string | undefined;

/**
 * What tools may not write where a caller names the file (`write_artifact`, `save_as`): files of the run, files that another tool of the
 * runbook computes, and outputs of other steps. The verdict rests on these files, so a model that was talked into something cannot change
 * them.
 * @param step the step that is performed; undefined where tools are called outside any
 */
export function writeRule({ steps, mend }: Pick<Runbook, 'steps' | 'mend'>, step: Step | undefined): WriteRule {
  const all = mend ? [...steps, mend] : steps;
  const tools = [...new Set(all.flatMap((each) => each.tools))];
  return (tool, file) => {
    if (OWNED[tool]?.includes(file)) return undefined;
    if (OF_THE_RUN.includes(file)) return 'is written by the run itself';
    const owner = tools.find((each) => OWNED[each]?.includes(file));
    if (owner !== undefined) return `is computed by ${owner}, and by nothing else`;
    if (step === undefined || step.outputs.includes(file)) return undefined;
    const other = all.find(({ outputs }) => outputs.includes(file));
    return other ? `is an output of step ${other.number} (${other.title}), not of this one` : undefined;
  };
}
