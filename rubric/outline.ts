import type { TableBlock } from './markdown.ts';
import {
  fullText,
  normalTitle,
  type Report,
  type ReportRecommendation,
  SECTIONS,
  type SectionName,
} from './structure.ts';

/**
 * What is wrong with the order of a report: its eight sections each once, in order and not empty; priorities 1 to n, titles that
 * differ, and a roadmap table with the same priorities and titles in the same order. A roadmap without a table is the roadmap
 * criterion's business.
 */
export function outlineFaults(report: Report): string[] {
  return [...sectionFaults(report), ...recommendationFaults(report.recommendations), ...roadmapFaults(report)];
}

function sectionFaults({ blocks, sections }: Report): string[] {
  const found = blocks.flatMap((block) =>
    block.kind === 'heading' && block.depth === 2 && block.scope.section
      ? [{ name: block.scope.section, line: block.line }]
      : [],
  );
  const faults: string[] = [];
  const absent = SECTIONS.filter((name) => !sections[name]);
  if (absent.length > 0) faults.push(`sections missing: ${absent.join(', ')}`);
  for (const name of SECTIONS) if (sections[name]?.empty) faults.push(`line ${sections[name]?.line}: ${name} is empty`);
  const place = (name: SectionName) => SECTIONS.indexOf(name);
  for (const [index, { name, line }] of found.entries()) {
    const before = found.slice(0, index);
    const later = before.find((one) => place(one.name) > place(name));
    if (before.some((one) => one.name === name)) faults.push(`line ${line}: ${name} is there twice`);
    else if (later) faults.push(`line ${line}: ${name} stands after ${later.name}`);
  }
  return faults;
}

function recommendationFaults(list: readonly ReportRecommendation[]): string[] {
  const titles = new Map<string, number>();
  return list.flatMap(({ priority, title, line }, index) => {
    const faults = priority === index + 1 ? [] : [`line ${line}: priority ${priority} where ${index + 1} is next`];
    const first = titles.get(normalTitle(title));
    if (first !== undefined) faults.push(`line ${line}: the title of line ${first} again`);
    else titles.set(normalTitle(title), line);
    return faults;
  });
}

function roadmapFaults({ blocks, recommendations }: Report): string[] {
  const table = blocks
    .filter((block) => block.scope.section === 'Implementation Roadmap')
    .filter((block): block is typeof block & TableBlock => block.kind === 'table')
    .sort((a, b) => b.rows.length - a.rows.length)[0];
  if (!table) return [];
  const column = table.header.findIndex((head) => /recommendation|title|change|action|what/iu.test(head));
  const rows = table.rows.flatMap((row) => {
    const [first, ...others] = row.cells.map((cell) => fullText(cell).trim());
    const priority = Number(/^#?(?:priority )?(\d{1,3})\b/iu.exec(first ?? '')?.[1] ?? Number.NaN);
    return Number.isNaN(priority) ? [] : [{ priority, title: others[column - 1] ?? null, line: row.line }];
  });
  const faults: string[] = [];
  if (rows.length !== recommendations.length)
    faults.push(`line ${table.line}: ${rows.length} roadmap rows for ${recommendations.length} recommendations`);
  for (const [index, { priority, title, line }] of rows.entries()) {
    const own = recommendations[index];
    if (!own) continue;
    if (own.priority !== priority)
      faults.push(`line ${line}: roadmap row of priority ${priority} where ${own.priority} is next`);
    else if (title !== null && normalTitle(title) !== normalTitle(own.title))
      faults.push(
        `line ${line}: the roadmap calls priority ${priority} ${JSON.stringify(title)}, line ${own.line} calls it ${JSON.stringify(own.title)}`,
      );
  }
  return faults;
}
