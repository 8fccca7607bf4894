import { CHART_WIDTH, type ChartSpec, type Json, usdExpr } from './chart-theme.ts';

/** Parts that several charts share. */

const BAR_STEP = 28;

/** Amounts outside are no cost and no count of this world, and would break the scales. */
const LEAST = 1e-12;
const MOST = 1e15;

/** An amount of zero or more; anything else (negative, not a number, absurd) counts as nothing. */
export function positive(value: number): number {
  return value >= LEAST && value <= MOST ? value : 0;
}

/** The first `most`, and the rest; a rest of one is no rest. */
export function split<T>(list: readonly T[], most: number): { top: T[]; rest: T[] } {
  const at = list.length === most + 1 ? most + 1 : most;
  return { top: list.slice(0, at), rest: list.slice(at) };
}

/** Names top to bottom in the order of the rows. */
export function nameAxis(): ChartSpec {
  return { field: 'name', type: 'nominal', sort: null, title: null, axis: { labelColor: '#1f2933' } };
}

export function horizontal(values: Json[]): ChartSpec {
  return {
    width: CHART_WIDTH,
    height: { step: BAR_STEP },
    autosize: { type: 'fit-x', contains: 'padding' },
    data: { values },
  };
}

export function usdAxis(): ChartSpec {
  return { labelExpr: usdExpr('datum.value'), tickCount: 5 };
}

/** The figure at a bar's end, once per bar. */
export function barLabel(text: string, field: string): ChartSpec {
  return {
    transform: [
      { window: [{ op: 'row_number', as: 'nth' }], groupby: ['name'] },
      { filter: 'datum.nth == 1' },
      { calculate: text, as: 'label' },
    ],
    mark: { type: 'text', align: 'left', dx: 5 },
    encoding: { x: { field, type: 'quantitative' }, text: { field: 'label', type: 'nominal' } },
  };
}

/** At least a decade, with a little air at both ends. */
export function logDomain(values: readonly number[]): [number, number] {
  let low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  let high = values.reduce((a, b) => Math.max(a, b), 0);
  if (high / low < 10) {
    const middle = Math.sqrt(low * high);
    [low, high] = [middle / Math.sqrt(10), middle * Math.sqrt(10)];
  }
  const air = (high / low) ** 0.03;
  return [low / air, high * air];
}

/** Powers of ten; 1, 2 and 5 of each where there are few decades; fewer where there are many. */
export function logTicks([low, high]: [number, number]): number[] {
  const decades = Math.log10(high / low);
  const steps = decades < 2.5 ? [1, 2, 5] : [1];
  const every = Math.ceil(decades / 9);
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    if (power % every !== 0) continue;
    for (const step of steps) ticks.push(Number(`${step}e${power}`));
  }
  return ticks.filter((tick) => tick >= low && tick <= high);
}
