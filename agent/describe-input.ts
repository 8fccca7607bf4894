/** What tells one call of a tool from another: the name of its query, or the file that it writes. */
export function describeInput(input: unknown): string {
  if (typeof input !== 'object' || input === null) return '';
  const { name, save_as, path } = input as Record<string, unknown>;
  return [name, save_as, path].find((value): value is string => typeof value === 'string') ?? '';
}
