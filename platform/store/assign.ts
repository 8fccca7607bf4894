/**
 * What an UPDATE sets: the columns of the fields that are given, and no others, so that two changes of one row at once both stand.
 * @param first the number of the first placeholder
 * @returns `, a = $2, b = $3` with its values; nothing where nothing is given. pg sends objects as JSON
 */
export function assignments<Fields extends object>(
  columns: Record<keyof Fields & string, string>,
  fields: Partial<Fields>,
  first: number,
): { sets: string; values: unknown[] } {
  const given = Object.entries(fields).filter(([name, value]) => value !== undefined && name in columns);
  return {
    sets: given.map(([name], index) => `, ${columns[name as keyof typeof columns]} = $${first + index}`).join(''),
    values: given.map(([, value]) => value),
  };
}
