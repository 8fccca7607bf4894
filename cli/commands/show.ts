import type { Command } from 'commander';
import colors from 'yoctocolors';
import { loadRunbook } from '../../agent/runbook/load.ts';
import type { Runbook } from '../../agent/runbook/manifest.ts';

export function addShow(program: Command): void {
  program
    .command('show')
    .argument('[runbook]', 'runbook folder')
    .description('The shape of a runbook.')
    .action((given: string | undefined) => {
      process.stdout.write(shape(loadRunbook(given)));
    });
}

/** Title, badges, parameters and steps of a runbook. */
export function shape({ manifest, steps }: Runbook): string {
  const badge = (label: string, value: string) => `${colors.dim(label)} ${value}`;
  const badges = [
    badge('agent', manifest.agent),
    badge('model', manifest.model),
    ...(manifest.snapshot ? [badge('snapshot', manifest.snapshot)] : []),
    badge('eval', manifest.evaluation),
    badge('steps', String(steps.length)),
    badge('version', manifest.version),
  ];
  const names = Object.keys(manifest.parameters);
  const width = Math.max(0, ...names.map((name) => name.length));
  const parameters = Object.entries(manifest.parameters).map(([name, spec]) => {
    const standard = spec.default === undefined ? 'required' : JSON.stringify(spec.default);
    return `  ${name.padEnd(width)}  ${colors.dim(`${spec.type}, ${standard}`)}  ${spec.description}`;
  });
  const lines = steps.map((step) => {
    const mark = step.gate ? colors.yellow(' gate') : '';
    return `  ${String(step.number).padStart(2)}  ${colors.bold(step.title)}${mark}\n      ${colors.dim(`${step.tools.join(', ')} → ${step.outputs.join(', ')}`)}`;
  });
  return [
    colors.bold(manifest.title),
    manifest.description,
    '',
    badges.join('   '),
    '',
    'Parameters',
    ...parameters,
    '',
    'Steps',
    ...lines,
    '',
  ].join('\n');
}
