import type { Artifacts } from './artifacts.ts';
import type { SourceText } from './clean-text.ts';
import { names } from './passage.ts';

/** Each text is about the project of the data, and its title says so. */
export function titleFaults(texts: readonly SourceText[], { project }: Artifacts): string[] {
  const label = project.value?.label;
  if (typeof label !== 'string') return [];
  return texts.flatMap(({ file, text, blocks }) => {
    if (text === '') return [];
    const title = blocks.find((block) => block.kind === 'heading' && block.depth === 1);
    if (title?.kind === 'heading' && names(title.text, label)) return [];
    return [`${file}:${title?.line ?? 1}: the title does not name the project ${JSON.stringify(label)}`];
  });
}
