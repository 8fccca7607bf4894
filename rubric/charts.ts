import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Artifacts, readText } from './artifacts.ts';
import { near } from './data-files.ts';
import { wordsOf } from './passage.ts';
import type { ScopedBlock } from './structure.ts';

/** The charts of a report: where each is shown, under which caption, and whose name it must hold. */
interface Chart {
  name: string;
  caption: string;
  /** What stands above the drawing. */
  title: string;
  /** What is dearest: no chart of the costs is without it. */
  dearest: (artifacts: Artifacts) => string | undefined;
}

const CHARTS: Chart[] = [
  {
    name: 'cost_by_operation',
    caption: 'Cost by operation',
    title: 'Cost by operation',
    dearest: ({ spans }) => spans.value?.find((row) => row.total_cost_usd > 0)?.operation,
  },
  {
    name: 'cost_variance',
    caption: 'Cost per trace, with outliers',
    title: 'Cost per trace',
    dearest: ({ variance }) => Object.keys(variance.value ?? {})[0],
  },
  {
    name: 'daily_cost_by_model',
    caption: 'Daily cost by model',
    title: 'Cost by day and model',
    dearest: ({ models }) => models.value?.find((row) => row.total_cost_usd > 0)?.model,
  },
];

/** Charts that were drawn and are not shown, are shown under another caption, or say something else than the data files. */
export function chartFaults(dir: string, blocks: readonly ScopedBlock[], artifacts: Artifacts): string[] {
  return CHARTS.filter(({ name }) => existsSync(path.join(dir, `figures/${name}.svg`))).flatMap((chart) => [
    ...shownFaults(chart, blocks),
    ...drawnFaults(dir, chart, artifacts),
  ]);
}

function shownFaults({ name, caption }: Chart, blocks: readonly ScopedBlock[]): string[] {
  const file = new RegExp(`^(?:\\./)?figures/${name}\\.(?:svg|png)$`, 'u');
  const showing = blocks.flatMap((block) =>
    block.kind === 'text' && block.pictures?.some(({ text }) => file.test(text)) ? [block] : [],
  );
  const [first] = showing;
  if (!first) return [`recommendations.md does not show figures/${name}.svg`];
  const isCaptioned = ({ hidden = [] }: typeof first) => hidden.some(({ text }) => wordsOf(text) === wordsOf(caption));
  const other = showing.find((block) => !isCaptioned(block));
  return other ? [`recommendations.md:${other.line}: figures/${name}.svg is ${JSON.stringify(caption)}`] : [];
}

const LABEL = /<text aria-label="([^"]*)"[^>]*>([^<]*)</gu;

function drawnFaults(dir: string, { name, title, dearest }: Chart, artifacts: Artifacts): string[] {
  const file = `figures/${name}.svg`;
  const { value: svg } = readText(dir, file);
  const wanted = dearest(artifacts);
  if (svg === undefined || wanted === undefined) return [];
  if (!svg.includes(`>${title}<`)) return [`${file} is not the chart ${JSON.stringify(title)}`];
  if (!unescaped(svg).includes(wanted)) return [`${file} does not show ${wanted}`];
  const labels = [...svg.matchAll(LABEL)].map(([, said = '', shown = '']) => ({
    said: fieldsOf(unescaped(said)),
    shown: unescaped(shown),
  }));
  return labels.flatMap(({ said, shown }) => {
    if (said.label !== undefined && said.label !== shown) return [`${file}: a label says ${shown} for ${said.label}`];
    const cost = artifacts.spans.value?.find(({ operation }) => operation === said.name)?.total_cost_usd;
    const total = Number(said.total?.replaceAll(',', ''));
    const isOther = cost !== undefined && !Number.isNaN(total) && !near(total, cost);
    return isOther ? [`${file}: ${said.name} at ${said.total}, data/metrics_by_span.csv says ${cost}`] : [];
  });
}

/** `total: 9.7; name: kb_answer; label: $9.7` */
function fieldsOf(label: string): Record<string, string> {
  return Object.fromEntries(
    label.split('; ').map((field) => [field.split(': ', 1)[0] ?? '', field.replace(/^[^:]*: /u, '')]),
  );
}

function unescaped(xml: string): string {
  return xml
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replace(/&(?:apos|#39);/gu, "'")
    .replaceAll('&amp;', '&');
}
