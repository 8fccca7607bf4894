import { stringify } from 'yaml';
import { toolsIn, withToolBlocks } from './calls.ts';
import type { Executor } from './frontmatter.ts';
import { type Section, withoutGenerated } from './sections.ts';
import { slug } from './slug.ts';
import { toTemplate } from './variables.ts';

/** What a step of a runbook that says nothing of tools may call: the files of its results dir, and nothing outside. */
const TOOLS = ['read_artifact', 'write_artifact'];

interface StepContext {
  /** Declared parameters. */
  names: ReadonlySet<string>;
  executor: Executor | undefined;
  /** Files of the manifest: where nothing says which step leaves which, the last one is asked for all. */
  outputs: readonly string[];
}

interface ReadSteps {
  /** Step files by path, in order. */
  files: Map<string, string>;
  mend?: { file: string; text: string };
}

/** The steps as step files, and the section on mending where export wrote it. */
export function readSteps(sections: readonly Section[], context: StepContext): ReadSteps {
  const { executor, outputs } = context;
  const steps = sections.filter(({ step }) => step !== undefined);
  const ids = new Set<string>();
  const entries = steps.map((section, index): [string, string] => {
    const known = executor?.steps.length === steps.length ? executor.steps[index] : undefined;
    const { id, tools, outputs: own, gate } = known ?? guess(section, index === steps.length - 1 ? outputs : []);
    const unique = ids.has(id) ? `${id}-${index + 1}` : id;
    ids.add(unique);
    const file = `steps/${String(index + 1).padStart(2, '0')}-${unique}.md`;
    return [file, stepFile({ id: unique, title: section.title, tools, outputs: own, gate }, section, context.names)];
  });
  const mending = sections.find(({ step, title }) => step === undefined && /^Iterate on Errors\b/iu.test(title));
  const files = new Map(entries);
  if (!executor?.mend || !mending) return { files };
  return { files, mend: { file: 'steps/mend.md', text: stepFile(executor.mend, mending, context.names) } };
}

function guess({ title, lines }: Section, outputs: readonly string[]): Executor['steps'][number] {
  const named = slug(title).replace(/^[^a-z]+/u, '');
  const tools = [...new Set([...toolsIn(lines.join('\n')), ...TOOLS])];
  return { id: named || 'step', tools, outputs: [...outputs], gate: false };
}

type Front = Executor['steps'][number] & { title: string };

function stepFile({ id, title, tools, outputs, gate }: Front, { lines }: Section, names: ReadonlySet<string>): string {
  const front = { id, title, tools, outputs, ...(gate ? { gate } : {}) };
  const body = toTemplate(withToolBlocks(withoutGenerated(lines.join('\n'))), names).trim();
  return `---\n${stringify(front, { lineWidth: 0 })}---\n${body}\n`;
}
