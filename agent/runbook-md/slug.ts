/** A name for a runbook or a step: lower-case letters, digits and dashes. */
export function slug(title: string): string {
  const words = title.toLowerCase().match(/[a-z0-9]+/gu) ?? ['runbook'];
  return words.join('-').slice(0, 60).replace(/-$/u, '');
}
