import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** First in the charts' font list; browsers without it take the next, PNGs always have it. */
export const CHART_FONT = 'Inter';

/** From this weight on the semi-bold file is used (CSS `font-weight`). */
const SEMI_BOLD = 600;

/** Width of a character that the font lacks, in em: East Asian characters and emoji are square. */
const MISSING = 1;

interface FontFile {
  /** Advance width in em by code point. */
  advance(codePoint: number): number | undefined;
}

/** The two files, regular and semi-bold: TrueType, because resvg reads neither WOFF nor WOFF2. */
export function fontFiles(): [regular: string, semiBold: string] {
  return [
    require.resolve('@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf'),
    require.resolve('@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf'),
  ];
}

let loaded: [FontFile, FontFile] | undefined;

function fonts(): [FontFile, FontFile] {
  if (!loaded) {
    const [regular, semiBold] = fontFiles();
    loaded = [parseFont(readFileSync(regular)), parseFont(readFileSync(semiBold))];
  }
  return loaded;
}

/** The width of a line of text in pixels, without kerning. The same on every machine: the layout rests on it. */
export function textWidth(text: string, fontSize: number, fontWeight?: string | number): number {
  const [regular, semiBold] = fonts();
  const bold = fontWeight === 'bold' || fontWeight === 'bolder' || Number(fontWeight) >= SEMI_BOLD;
  const font = bold ? semiBold : regular;
  let em = 0;
  for (const char of text) em += font.advance(char.codePointAt(0) ?? 0) ?? MISSING;
  return em * fontSize;
}

/** The characters that the shipped font has no glyph for, each once. A PNG shows boxes for them. */
export function missingGlyphs(text: string): string[] {
  const [regular] = fonts();
  const missing = new Set<string>();
  for (const char of text) {
    if (/\s|\p{Cf}|\p{M}/u.test(char)) continue;
    if (regular.advance(char.codePointAt(0) ?? 0) === undefined) missing.add(char);
  }
  return [...missing];
}

/** Reads the tables `head`, `hhea`, `hmtx` and `cmap` of an OpenType file (ISO/IEC 14496-22). */
function parseFont(file: Buffer): FontFile {
  const tables = new Map<string, number>();
  for (let i = 0; i < file.readUInt16BE(4); i += 1) {
    const record = 12 + 16 * i;
    tables.set(file.toString('latin1', record, record + 4), file.readUInt32BE(record + 8));
  }
  const table = (tag: string): number => {
    const at = tables.get(tag);
    if (at === undefined) throw new Error(`the font has no ${tag} table`);
    return at;
  };
  const unitsPerEm = file.readUInt16BE(table('head') + 18);
  const metrics = file.readUInt16BE(table('hhea') + 34);
  const hmtx = table('hmtx');
  const glyphs = glyphMap(file, table('cmap'));
  return {
    advance(codePoint) {
      const glyph = glyphs.get(codePoint);
      if (glyph === undefined) return undefined;
      return file.readUInt16BE(hmtx + 4 * Math.min(glyph, metrics - 1)) / unitsPerEm;
    },
  };
}

/** Code point → glyph id, from the subtable of the widest range: format 12 where there is one, else format 4. */
function glyphMap(file: Buffer, cmap: number): Map<number, number> {
  let best: { at: number; format: number } | undefined;
  for (let i = 0; i < file.readUInt16BE(cmap + 2); i += 1) {
    const at = cmap + file.readUInt32BE(cmap + 8 + 8 * i);
    const format = file.readUInt16BE(at);
    if (format === 12 || (format === 4 && best?.format !== 12)) best = { at, format };
  }
  if (!best) throw new Error('the font has no Unicode character map');
  return best.format === 12 ? segmentedCoverage(file, best.at) : segmentMapping(file, best.at);
}

function segmentedCoverage(file: Buffer, at: number): Map<number, number> {
  const map = new Map<number, number>();
  for (let i = 0; i < file.readUInt32BE(at + 12); i += 1) {
    const group = at + 16 + 12 * i;
    const start = file.readUInt32BE(group);
    const glyph = file.readUInt32BE(group + 8);
    for (let code = start; code <= file.readUInt32BE(group + 4); code += 1) map.set(code, glyph + code - start);
  }
  return map;
}

function segmentMapping(file: Buffer, at: number): Map<number, number> {
  const map = new Map<number, number>();
  const size = file.readUInt16BE(at + 6);
  for (let segment = 0; segment < size; segment += 2) {
    const end = file.readUInt16BE(at + 14 + segment);
    const start = file.readUInt16BE(at + 16 + size + segment);
    const delta = file.readUInt16BE(at + 16 + 2 * size + segment);
    const offsetAt = at + 16 + 3 * size + segment;
    const offset = file.readUInt16BE(offsetAt);
    for (let code = start; code <= end && code !== 0xffff; code += 1) {
      const base = offset === 0 ? code : file.readUInt16BE(offsetAt + offset + 2 * (code - start));
      if (offset === 0 || base !== 0) map.set(code, (base + delta) & 0xffff);
    }
  }
  return map;
}
