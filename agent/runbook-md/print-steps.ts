import { loadRunbook } from '../runbook/load.ts';
import type { ParameterSpec, Runbook, Step } from '../runbook/manifest.ts';
import { withCommands } from './calls.ts';
import { generated } from './sections.ts';
import { markVariables, showVariables } from './variables.ts';

/** Where the results go in a sandbox of the platform. */
export const RESULTS_DIR = '/app/results';

/** What the commands of a RUNBOOK.md rest on. */
export interface Sandbox {
  /** What npm installs. */
  package: string;
  /** Folder of what the steps share: the pinned time, and the parameters' values. */
  state: string;
  /** The file that sets `RUN`. */
  settings: string;
  parameters: Readonly<Record<string, ParameterSpec>>;
  /** Names of those that the tools read themselves. */
  forTools: string[];
  required: string[];
}

export function sandboxOf({ manifest }: Runbook, spec: string): Sandbox {
  const state = `/tmp/${manifest.name}`;
  const known = Object.keys(loadRunbook().manifest.parameters);
  const required = Object.values(manifest.secrets).filter((secret) => secret.required);
  return {
    package: spec,
    state,
    settings: `${state}/settings.sh`,
    parameters: manifest.parameters,
    forTools: Object.keys(manifest.parameters).filter((name) => known.includes(name)),
    required: required.map(({ env }) => env),
  };
}

/** What stands below a step's heading: its text, its reference calls as commands, and what must be there afterwards. */
export function stepSection(step: Step, sandbox: Sandbox): string {
  const first = step.number === 1 ? [setup(sandbox)] : [];
  return [...first, textOf(step, sandbox), ...afterwards(step)].join('\n\n');
}

function textOf(step: Step, { parameters, settings }: Sandbox): string {
  return showVariables(withCommands(markVariables(step, parameters), step.file, parameters, settings)).trim();
}

function afterwards(step: Step): string[] {
  const { outputs, gate } = step;
  const files = outputs.map((file) => `\`{{results_dir}}/${file}\``).join(', ');
  const lines = [
    ...(files ? [`Go on when these files exist and hold something: ${files}.`] : []),
    ...(gate
      ? [
          `**Gate.** Where a command of this step fails, STOP: say in \`{{results_dir}}/summary.md\` what failed and why, write \`{{results_dir}}/validation_report.json\` with \`"overall_passed": false\` and the stage that failed, and leave it at that. Invent no figure.`,
        ]
      : []),
  ];
  return lines.length > 0 ? [generated(lines.join('\n\n'))] : [];
}

/** The first commands of all: install, credentials, and what every later command is given. */
function setup(sandbox: Sandbox): string {
  const { state, settings, required, parameters, forTools } = sandbox;
  const texts = forTools.filter((name) => parameters[name]?.type === 'string');
  const values = forTools.map((name) =>
    texts.includes(name) ? `-p "${name}=$(value ${name})"` : `-p "${name}={{${name}}}"`,
  );
  const install = `npm install -g ${sandbox.package} && runbook --version
mkdir -p "{{results_dir}}" ${state}
${required.length > 0 ? `for name in ${required.join(' ')}; do [ -n "\${!name}" ] || echo "MISSING: $name"; done\n` : ''}`;
  const heredocs = texts.map((name) => `cat > ${state}/${name} <<'END_OF_VALUE'\n{{${name}}}\nEND_OF_VALUE\n`);
  return generated(`Install the tools and pin the time, so that every step sees the same events. Each block of commands begins by reading these settings: a shell of its own is enough for it.

\`\`\`bash
${install}date -u +%Y-%m-%dT%H:%M:%SZ > ${state}/as_of
${heredocs.join('')}cat > ${settings} <<'END_OF_SETTINGS'
value() { v="$(cat "${state}/$1")"; [ "$v" = '""' ] || printf %s "$v"; }
RUN=(--as-of "$(cat ${state}/as_of)"${values.map((each) => ` ${each}`).join('')})
END_OF_SETTINGS
\`\`\`

A line \`MISSING\` ends the run here: say in \`{{results_dir}}/summary.md\` which variable is not set. Never print a value of one, and write none into a file.`);
}

/** What to do where the evaluation does not pass. */
export function mendSection(mend: Step | undefined, rounds: number, sandbox: Sandbox): string {
  const intro = generated(
    `While the evaluation does not pass, at most ${rounds} rounds: mend what it names, and nothing else; then evaluate again. After round ${rounds} keep the best, and say in \`{{results_dir}}/summary.md\` what does not hold.`,
  );
  return mend ? [intro, textOf(mend, sandbox)].join('\n\n') : intro;
}
