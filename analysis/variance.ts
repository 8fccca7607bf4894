/** Distribution of cost per trace (USD) within one operation. */
export interface Distribution {
  n: number;
  min: number;
  max: number;
  mean: number;
  median: number;
  /** Population standard deviation. */
  std: number;
  p25: number;
  p75: number;
  p95: number;
  p99: number;
  /** Median of ln(cost), and the median distance from it. */
  log_median: number;
  log_mad: number;
  /** 0 = all traces cost the same, 1 = one trace costs all. */
  gini: number;
  /** Sum of what each trace costs above the median. */
  excess_usd: number;
  total_usd: number;
}

/** Iglewicz & Hoaglin 1993: modified z-score above which a value is an outlier. */
const ROBUST_Z = 3.5;
/** Makes the MAD of a normal sample estimate its standard deviation. */
const MAD_TO_SIGMA = 1.4826;
/** Below this many traces neither rule says anything. */
const MIN_TRACES = 8;

/**
 * Costs above which a trace is an outlier: the usual mean + 2·std, which flags a few percent of any heavy tail, and a robust
 * one on the log scale, which flags only what the operation's own spread does not explain (methods C5). The robust
 * one is null where there are too few traces or they all cost the same.
 */
export function outlierThresholds(d: Distribution): { twoStd: number; robust: number | null } {
  const robust =
    d.n >= MIN_TRACES && d.log_mad > 0 ? Math.exp(d.log_median + ROBUST_Z * MAD_TO_SIGMA * d.log_mad) : null;
  return { twoStd: d.mean + 2 * d.std, robust };
}
