import type { Runbook } from '../../agent/runbook/manifest.ts';
import type { Palette } from '../colors.ts';
import { wrap } from '../wrap.ts';

/** Title, badges, parameters and steps of a runbook. */
export function runbookText(runbook: Runbook, colors: Palette, width: number): string {
  const { title, description } = runbook.manifest;
  const sections = [
    [colors.bold(title), ...wrap(description, width), '', badges(runbook, colors)],
    [colors.bold('Parameters'), ...parameters(runbook, colors, width)],
    [colors.bold('Steps'), ...steps(runbook, colors, width)],
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function badges({ manifest, steps }: Runbook, colors: Palette): string {
  const all: [string, string | undefined][] = [
    ['agent', manifest.agent],
    ['model', manifest.model],
    ['snapshot', manifest.snapshot],
    ['eval', manifest.evaluation],
    ['steps', String(steps.length)],
    ['version', manifest.version],
  ];
  return all
    .filter(([, value]) => value !== undefined)
    .map(([label, value]) => `${colors.dim(label)} ${value}`)
    .join('   ');
}

function parameters({ manifest }: Runbook, colors: Palette, width: number): string[] {
  const rows = Object.entries(manifest.parameters).map(([name, spec]) => {
    const standard = spec.default === undefined ? 'required' : JSON.stringify(spec.default);
    return { name, type: `${spec.type}, ${standard}`, description: spec.description };
  });
  const names = Math.max(0, ...rows.map((row) => row.name.length));
  const types = Math.max(0, ...rows.map((row) => row.type.length));
  const indent = names + types + 6;
  return rows.flatMap(({ name, type, description }) => {
    const [first = '', ...rest] = wrap(description, width - indent);
    const head = `  ${name.padEnd(names)}  ${colors.dim(type.padEnd(types))}  ${first}`;
    return [head, ...rest.map((line) => ' '.repeat(indent) + line)];
  });
}

function steps({ steps }: Runbook, colors: Palette, width: number): string[] {
  return steps.flatMap((step) => {
    const mark = step.gate ? `  ${colors.yellow('gate')}` : '';
    const number = colors.dim(String(step.number).padStart(2));
    const calls = wrap(`calls ${step.tools.join(', ') || 'nothing'}`, width - 6);
    const leaves = wrap(`leaves ${step.outputs.join(', ') || 'nothing'}`, width - 6);
    return [`  ${number}  ${step.title}${mark}`, ...[...calls, ...leaves].map((line) => colors.dim(`      ${line}`))];
  });
}
