import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Runbook } from '../runbook/manifest.ts';
import { splitSections } from './sections.ts';

/** Sections of a RUNBOOK.md that are no steps: Markdown in the runbook's folder, with the variables of a RUNBOOK.md (`{{window_days}}`). */
export interface Guide {
  /** The text of a section, which `rest` then leaves out. */
  take(title: string): string | undefined;
  /** The others, in order. */
  rest(): [string, string][];
}

export function guideOf({ dir, manifest }: Runbook): Guide {
  const text = manifest.guide === undefined ? '' : readFileSync(path.join(dir, manifest.guide), 'utf8');
  const { sections } = splitSections(text.replace(/^\uFEFF/u, '').split(/\r?\n/u), 1);
  const left = sections.map(({ title, lines }): [string, string] => [title, lines.join('\n').trim()]);
  return {
    take(title) {
      const at = left.findIndex(([name]) => name === title);
      return at < 0 ? undefined : left.splice(at, 1)[0]?.[1];
    },
    rest: () => left,
  };
}
