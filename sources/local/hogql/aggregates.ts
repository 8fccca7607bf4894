/**
 * The aggregations of HogQL: `name/arguments`, then `(parameters)` where it takes any, `:type` of its value (a kind, `first` or `arrayOfFirst`),
 * and `=clickhouse` where ClickHouse writes it otherwise. `+` after the name: PostHog gives it every combinator; `^`: also `State` and
 * `Merge`. All but window functions take `If`.
 */
export const AGGREGATES = `
  count+/0-1:integer countDistinct+/1:integer sum+/1:sum avg+/1:float min+/1:first max+/1:first median+/1:float
  any/1:first anyLast/1:first anyHeavy/1:first argMin^/2:first argMax^/2:first avgWeighted/2:float
  stddevPop/1:float stddevSamp/1:float varPop/1:float varSamp/1:float covarPop/2:float covarSamp/2:float corr/2:float
  skewPop/1:float skewSamp/1:float kurtPop/1:float kurtSamp/1:float
  uniq^/1-:integer uniqExact^/1-:integer uniqHLL12/1-:integer uniqTheta/1-:integer uniqMap/1:unknown uniqMapMerge/1:unknown
  groupArray/1:arrayOfFirst array_agg/1:arrayOfFirst=groupArray groupUniqArray/1:arrayOfFirst groupUniqArrayArray/1:array
  groupArraySample/1(1-2):arrayOfFirst groupArrayInsertAt/2:array groupArrayMovingAvg/1:array groupArrayMovingSum/1:array
  groupBitAnd/1:integer groupBitOr/1:integer groupBitXor/1:integer groupBitmap/1:integer groupBitmapState/1:unknown
  sumWithOverflow/1:sum deltaSum/1:sum deltaSumTimestamp/2:sum sumMap/1-2:unknown minMap/1-2:unknown maxMap/1-2:unknown
  sumMapMerge/1:unknown avgMap/1:unknown sumForEach/1:array
  quantile/1(1):float quantiles^/1(1-):floats quantileExact/1(1):first medianExact/1:first medianExactLow/1:first medianExactHigh/1:first
  medianExactWeighted/2:first medianTDigest/1:float medianTDigestWeighted/2:float medianTiming/1:float medianTimingWeighted/2:float
  medianDeterministic/2:float medianBFloat16/1:float topK/1(1):arrayOfFirst entropy/1:float
  simpleLinearRegression/2:unknown contingency/2:float cramersV/2:float cramersVBiasCorrected/2:float theilsU/2:float
  maxIntersections/2:integer maxIntersectionsPosition/2:integer windowFunnel/2-32(1-):integer
  json_agg/1:string=toJSONString(groupArray({0})) string_agg/2:string=arrayStringConcat(groupArray({0}),{1}) every/1:boolean=toBool(min({0}))
  row_number!/0:integer rank!/0:integer dense_rank!/0:integer first_value/1:first last_value/1:first nth_value/2:first
  lag!/1-3:first lead!/1-3:first lagInFrame!/1-3:first leadInFrame!/1-3:first`;

const WIDENED = ['If', 'OrDefault', 'OrNull'];

/** Which combinator may follow which, as PostHog allows; each adds so many arguments. */
export const COMBINATORS: ReadonlyMap<string, { adds: number; next: readonly string[] }> = new Map<
  string,
  { adds: number; next: readonly string[] }
>([
  ['If', { adds: 1, next: [] }],
  ['Array', { adds: 0, next: WIDENED }],
  ['Map', { adds: 0, next: WIDENED }],
  ['State', { adds: 0, next: WIDENED }],
  ['Merge', { adds: 0, next: WIDENED }],
  ['ForEach', { adds: 0, next: WIDENED }],
  ['OrDefault', { adds: 0, next: ['If'] }],
  ['OrNull', { adds: 0, next: ['If'] }],
  ['ArgMin', { adds: 1, next: WIDENED }],
  ['ArgMax', { adds: 1, next: WIDENED }],
]);
