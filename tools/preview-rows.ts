import { truncate } from '../lib/format.ts';

const ROWS = 5;
/** Most characters of a text, and of an array or object as JSON. */
const TEXT = 120;
const NESTED = 400;
/** Most characters of the whole as JSON, about 6,000 tokens. */
const ALL = 24_000;

/** The first rows of a result as a model may see them; the note says where they are not as the query gave them. */
interface Preview {
  preview: unknown[][];
  note: string | null;
}

/** Cuts long cells and leaves out rows that would make the preview longer than its bound; whole rows are in the saved file. */
export function previewRows(rows: readonly unknown[][]): Preview {
  const preview: unknown[][] = [];
  let length = 2;
  let isCut = false;
  for (const row of rows.slice(0, ROWS)) {
    const short = row.map(shortened);
    length += JSON.stringify(short).length + 1;
    if (length > ALL) return { preview, note: tooLong(preview.length, rows.length) };
    isCut ||= short.some((cell, index) => cell !== row[index]);
    preview.push(short);
  }
  return { preview, note: isCut ? 'Long values are cut; save_as keeps them whole.' : null };
}

function tooLong(shown: number, all: number): string {
  return `The preview shows ${shown} of ${all} rows, since more would be longer than ${ALL} characters: select fewer columns, or save_as and read_artifact.`;
}

function shortened(cell: unknown): unknown {
  if (typeof cell === 'string') return truncate(cell, TEXT);
  if (typeof cell !== 'object' || cell === null) return cell;
  const json = JSON.stringify(cell);
  return json.length <= NESTED ? cell : truncate(json, NESTED);
}
