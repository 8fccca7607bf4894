import { barLabel, horizontal, nameAxis, positive } from './chart-parts.ts';
import { axisNames, type ChartSpec, COLORS, emptyChart } from './chart-theme.ts';

const TOP_OPERATIONS = 15;

export interface OperationErrors {
  operation: string;
  calls: number;
  errors: number;
}

/** Horizontal bars of the share of failed calls by operation, the 15 with the most errors. */
export function errorsByOperation(rows: readonly OperationErrors[]): ChartSpec {
  const failing = rows
    .map((row) => ({ operation: row.operation, calls: positive(row.calls), errors: positive(row.errors) }))
    .filter((row) => row.errors > 0 && row.calls > 0)
    .sort((a, b) => b.errors - a.errors)
    .slice(0, TOP_OPERATIONS);
  if (failing.length === 0) return emptyChart('No data: no call failed in this window.');
  const names = axisNames(failing.map((row) => row.operation));
  const values = failing.map((row) => ({ ...row, name: names.get(row.operation) ?? '', rate: row.errors / row.calls }));
  return {
    ...horizontal(values),
    title: 'Failed calls by operation',
    encoding: { y: nameAxis() },
    layer: [
      {
        mark: { type: 'bar', height: { band: 0.68 }, cornerRadiusEnd: 2, color: COLORS.accent },
        encoding: {
          x: {
            field: 'rate',
            type: 'quantitative',
            title: 'Share of calls that failed',
            axis: { format: '.0~%', tickCount: 5 },
          },
          tooltip: ['operation', 'errors', 'calls', 'rate'].map((field) => ({ field })),
        },
      },
      barLabel(
        "format(datum.rate, '.1%') + '  (' + format(datum.errors, ',') + ' of ' + format(datum.calls, ',') + ')'",
        'rate',
      ),
    ],
  };
}

export interface OperationTokens {
  operation: string;
  calls: number;
  /** Whole context of all calls, cached or not. */
  input_tokens: number;
  output_tokens: number;
}

/** Horizontal bars of mean tokens per call by operation, input and output stacked: the 15 with the most tokens in all. */
export function tokensPerCall(rows: readonly OperationTokens[]): ChartSpec {
  const used = rows
    .map((row) => ({ ...row, in: positive(row.input_tokens), out: positive(row.output_tokens) }))
    .filter((row) => positive(row.calls) > 0 && row.in + row.out > 0)
    .sort((a, b) => b.in + b.out - (a.in + a.out))
    .slice(0, TOP_OPERATIONS);
  if (used.length === 0) return emptyChart('No data: no call has token counts in this window.');
  const names = axisNames(used.map((row) => row.operation));
  const values = used.flatMap(({ operation, calls, ...row }) => {
    const shared = { name: names.get(operation) ?? '', operation, total: (row.in + row.out) / calls };
    return [
      { ...shared, part: 'Input', tokens: row.in / calls },
      { ...shared, part: 'Output', tokens: row.out / calls },
    ];
  });
  return {
    ...horizontal(values),
    title: 'Tokens per call by operation',
    encoding: { y: nameAxis() },
    layer: [
      {
        mark: { type: 'bar', height: { band: 0.68 }, cornerRadiusEnd: 2 },
        encoding: {
          x: {
            field: 'tokens',
            type: 'quantitative',
            title: 'Mean tokens per call',
            stack: 'zero',
            axis: { labelExpr: "datum.value == 0 ? '0' : format(datum.value, '~s')", tickCount: 5 },
          },
          color: {
            field: 'part',
            type: 'nominal',
            scale: { domain: ['Input', 'Output'], range: [COLORS.primary, COLORS.secondary] },
          },
          order: { field: 'part', type: 'ordinal' },
          tooltip: ['operation', 'part', 'tokens'].map((field) => ({ field })),
        },
      },
      barLabel("format(datum.total, ',.0f')", 'total'),
    ],
  };
}
