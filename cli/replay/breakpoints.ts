import { knownNames } from '../../agent/nearest.ts';
import { RunbookError } from '../../lib/errors.ts';
import { toolNames } from '../../tools/registry.ts';

interface StepName {
  number: number;
  id: string;
}

/** Steps and tools at which a session stops. */
export class Breakpoints {
  readonly #steps: readonly StepName[];
  readonly #set = new Set<string>();

  constructor(steps: readonly StepName[]) {
    this.#steps = steps;
  }

  atStep({ id }: StepName): boolean {
    return this.#set.has(`step ${id}`);
  }

  atTool(tool: string): boolean {
    return this.#set.has(`tool ${tool}`);
  }

  /** `X` sets, `- X` removes, nothing lists. @throws RunbookError `usage` for what is neither step nor tool */
  command(text: string): string {
    const removes = text.startsWith('-');
    const name = text.replace(/^-\s*/u, '').trim();
    if (name !== '') {
      if (removes) this.#set.delete(this.#keyOf(name));
      else this.#set.add(this.#keyOf(name));
    }
    return this.#set.size === 0 ? 'no breakpoints' : `stops at ${[...this.#set].join(', ')}`;
  }

  #keyOf(name: string): string {
    const step = this.#steps.find(({ number, id }) => String(number) === name || id === name);
    if (step) return `step ${step.id}`;
    if (toolNames.includes(name)) return `tool ${name}`;
    const all = [...this.#steps.map(({ id }) => id), ...toolNames];
    throw new RunbookError('usage', `${name} is no step and no tool.`, {
      hint: knownNames(name, all, 'Steps and tools'),
    });
  }
}
