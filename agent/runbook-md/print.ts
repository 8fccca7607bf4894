import type { Rubric } from '../../rubric/load.ts';
import type { Runbook } from '../runbook/manifest.ts';
import { frontmatterOf } from './frontmatter.ts';
import { guideOf } from './guide.ts';
import { mendSection, type Sandbox, sandboxOf, stepSection } from './print-steps.ts';
import { checklistSection, dependencies, filesSection, parametersSection, rubricSection } from './print-tables.ts';
import { generated } from './sections.ts';

export interface PrintOptions {
  /** What `npm install -g` gets in the sandbox, such as `posthog-trace-optimizer@0.1.0`. */
  package: string;
  rubric: Rubric;
}

/**
 * A runbook as one RUNBOOK.md in the public format. It runs in a sandbox with bash, Python and npm: its steps call this package's tools from
 * the command line, with the inputs that stand in it.
 * @throws RunbookError `runbook_invalid` for a step that cannot be written so
 */
export function printRunbook(runbook: Runbook, options: PrintOptions): string {
  const { manifest, steps, mend } = runbook;
  const { rubric } = options;
  const sandbox = sandboxOf(runbook, options.package);
  const guide = guideOf(runbook);
  const own = (title: string) => guide.take(title) ?? '';
  const tips = own('Tips') || 'Read a step to its end before its first command.';
  const { rounds } = rubric.thresholds;
  const sections: [string, ...string[]][] = [
    ['Objective', manifest.description.replace(/\s+/gu, ' ').trim(), own('Objective')],
    ['REQUIRED OUTPUT FILES (MANDATORY)', filesSection(manifest)],
    ['Parameters', parametersSection(manifest)],
    ['Dependencies', dependencies(manifest, sandbox.package), own('Dependencies')],
    ...steps.map((step): [string, string] => [`Step ${step.number}: ${step.title}`, stepSection(step, sandbox)]),
    ['Evaluate: Rubric', rubricSection(rubric, gradeCommand(runbook, sandbox))],
    [`Iterate on Errors (max ${rounds} rounds)`, mendSection(mend, rounds, sandbox)],
    ...guide.rest(),
    ['Final Checklist (MANDATORY)', checklistSection(manifest)],
    ['Tips', tips],
  ];
  const body = sections.map(([title, ...parts]) => [`## ${title}`, ...parts.filter(Boolean)].join('\n\n'));
  return `---\n${frontmatterOf(runbook)}---\n\n# ${manifest.title}\n\n${body.join('\n\n')}\n`;
}

/** How the report is scored: by the program, where the rubric is the one that it computes. */
function gradeCommand({ manifest }: Runbook, { state }: Sandbox): string {
  if (manifest.rubric !== undefined)
    return generated(
      'Score each criterion by what the files say, not by how they were made, and give a reason for each score.',
    );
  return generated(`Do not score your own work: the program does, from the files alone.

\`\`\`bash
runbook grade "{{results_dir}}" --judge checks | tee ${state}/grade.txt
runbook grade "{{results_dir}}" --judge checks --json > ${state}/grade.json; echo "exit $?"
cp ${state}/grade.json "{{results_dir}}/grade.json"
\`\`\`

\`exit 0\` is a pass, \`exit 1\` is none; the scores come with reasons, and each claim that does not hold with its line.`);
}
