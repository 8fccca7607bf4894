const CSV_COLUMNS: Record<string, string> = {
  calls: 'calls',
  'total cost': 'total_cost_usd',
  cost: 'total_cost_usd',
  'total tokens': 'total_tokens',
  tokens: 'total_tokens',
  'avg cost per call': 'avg_cost_per_call',
  'average cost per call': 'avg_cost_per_call',
  'p95 latency': 'p95_latency_s',
  'error rate': 'error_rate',
  recorded: 'recorded_cost_usd',
  backfilled: 'backfilled_cost_usd',
  'unpriced calls': 'unpriced_calls',
};

/** The CSV column that a table's column head names; undefined for other heads. */
export function csvColumn(header: string): string | undefined {
  const bare = header
    .toLowerCase()
    .replace(/\s*\((?:usd|s|\$)\)$/u, '')
    .trim();
  return Object.hasOwn(CSV_COLUMNS, bare) ? CSV_COLUMNS[bare] : undefined;
}
