/** What a chart may cost: specs may come from a model, and rows from other people's users. */

/** Inline rows of all data sources of a spec together. */
export const MAX_ROWS = 20_000;
/** Width and height of a chart, in CSS pixels. */
export const MAX_SIDE = 4_000;
/** Objects, arrays and values in a spec, data aside. */
export const MAX_NODES = 5_000;
export const MAX_DEPTH = 40;
/** Small multiples of one chart. */
export const MAX_FACETS = 60;
/** Bins, density steps, ticks, generated points. */
export const MAX_STEPS = 2_000;
/** Characters of one data cell. */
export const MAX_CELL = 20_000;
/** Bytes of a finished SVG. */
export const MAX_SVG_BYTES = 8_000_000;
/** Pixels of a PNG; beyond them the scale falls below 2. */
export const MAX_PNG_PIXELS = 32_000_000;
