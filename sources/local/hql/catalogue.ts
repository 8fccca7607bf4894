import type { ValueType } from './printed.ts';

/**
 * The functions that HogQL allows and this engine runs. A name outside is refused, so nothing that reads files, URLs or settings can be
 * called. Written `name`, `name:type` (type of the result) or `name=clickhouse`.
 */
const SCALARS = `
abs:number accurateCast accurateCastOrNull acos:number addDays:datetime addHours:datetime addMinutes:datetime addMonths:datetime addQuarters:datetime
addSeconds:datetime addWeeks:datetime addYears:datetime age:number and:boolean appendTrailingCharIfAbsent:string array:array arrayAll:boolean arrayAvg:number
arrayCompact:array arrayConcat:array arrayCount:number arrayCumSum:array arrayCumSumNonNegative:array arrayDifference:array arrayDistinct:array
arrayElement arrayEnumerate:array arrayEnumerateDense:array arrayEnumerateUniq:array arrayExists:boolean arrayFill:array arrayFilter:array arrayFirst
arrayFirstIndex:number arrayFlatten:array arrayFold arrayIntersect:array arrayJoin arrayLast arrayLastIndex:number arrayMap:array arrayMax arrayMin
arrayPopBack:array arrayPopFront:array arrayProduct:number arrayPushBack:array arrayPushFront:array arrayReduce arrayResize:array arrayReverse:array
arrayReverseFill:array arrayReverseSort:array arrayReverseSplit:array arrayRotateLeft:array arrayRotateRight:array arraySlice:array arraySort:array arraySplit:array
arrayStringConcat:string arraySum:number arrayUniq:number arrayWithConstant:array arrayZip:array ascii:number asin:number assumeNotNull atan:number atan2:number
base64Decode:string base64Encode:string bitAnd:number bitCount:number bitHammingDistance:number bitNot:number bitOr:number bitShiftLeft:number
bitShiftRight:number bitTest:boolean bitXor:number cbrt:number ceil:number cityHash64:number coalesce concat:string concatWithSeparator:string
cos:number cosh:number countEqual:number countSubstrings:number countSubstringsCaseInsensitive:number cutQueryString:string cutWWW:string
dateAdd:datetime dateDiff:number dateName:string dateSub:datetime dateTrunc:datetime date_add=dateAdd:datetime date_diff=dateDiff:number
date_trunc=dateTrunc:datetime date_subtract=dateSub:datetime decodeURLComponent:string degrees:number divide:number divideDecimal:number domain:string
domainWithoutWWW:string dotProduct:number e:number empty:boolean encodeURLComponent:string endsWith:boolean equals:boolean erf:number erfc:number exp:number
exp10:number exp2:number extract:string extractAll:array extractAllGroups:array extractGroups:array extractTextFromHTML:string extractURLParameter:string
extractURLParameterNames:array factorial:number floor:number format:string formatDateTime:string formatReadableQuantity:string formatReadableSize:string
formatReadableTimeDelta:string fragment:string fromUnixTimestamp:datetime gcd:number generateSeries:array greater:boolean greaterOrEquals:boolean greatest has:boolean hasAll:boolean
hasAny:boolean hasSubstr:boolean hasToken:boolean hex:string if ifNotFinite:number ifNull ilike:boolean in:boolean indexHint:boolean indexOf:number
initcap:string intDiv:number intDivOrZero:number isFinite:boolean isInfinite:boolean isNaN:boolean isNotNull:boolean isNull:boolean isValidJSON:boolean isValidUTF8:boolean
JSON_VALUE:string JSONArrayLength:number JSONExtract JSONExtractArrayRaw:array JSONExtractBool:boolean JSONExtractFloat:number JSONExtractInt:number
JSONExtractKeys:array JSONExtractKeysAndValuesRaw:array JSONExtractRaw:string JSONExtractString:string JSONExtractUInt:number JSONHas:boolean
JSONLength:number JSONType:string L1Norm:number L2Norm:number lcm:number least left:string leftPad:string length:number lengthUTF8:number less:boolean
lessOrEquals:boolean lgamma:number like:boolean ln:number locate:number log:number log10:number log1p:number log2:number lower:string lowerUTF8:string
lpad=leftPad:string ltrim=trimLeft:string map mapContains:boolean mapFromArrays mapKeys:array mapValues:array match:boolean max2:number md5:string min2:number
minus:number modulo:number moduloOrZero:number monthName:string multiFuzzyMatchAny:boolean multiIf multiMatchAny:boolean multiMatchAnyIndex:number multiply:number
multiSearchAny:boolean multiSearchAnyCaseInsensitive:boolean multiSearchFirstIndex:number multiSearchFirstPosition:number negate:number netloc:string
ngramDistance:number ngrams:array not:boolean notEmpty:boolean notEquals:boolean notILike:boolean notIn:boolean notLike:boolean now:datetime nullIf or:boolean
parseDateTimeBestEffort:datetime path:string pathFull:string pi:number plus:number port:number position:number positionCaseInsensitive:number
positionCaseInsensitiveUTF8:number positionUTF8:number positiveModulo:number pow:number power=pow:number protocol:string queryString:string radians:number
rand:number range:array regexpExtract:string regexpQuoteMeta:string reinterpretAsUInt64:number repeat:string replace:string replaceAll:string replaceOne:string
replaceRegexpAll:string replaceRegexpOne:string reverse reverseUTF8:string right:string rightPad:string round:number roundBankers:number roundDown:number
roundToExp2:number rowNumberInAllBlocks:number rowNumberInBlock:number rpad=rightPad:string rtrim=trimRight:string sign:number sin:number sinh:number split_part:string splitByChar:array
splitByNonAlpha:array splitByRegexp:array splitByString:array splitByWhitespace:array sqrt:number startsWith:boolean substring:string substr=substring:string substringUTF8:string
subtractDays:datetime subtractHours:datetime subtractMinutes:datetime subtractMonths:datetime subtractQuarters:datetime subtractSeconds:datetime
subtractWeeks:datetime subtractYears:datetime tan:number tgamma:number throwIf:number timeSlot:datetime timeStampAdd=dateAdd:datetime timeStampSub=dateSub:datetime
toBool:boolean toDate:date toDateTime:datetime toDateTime64:datetime toDateTimeUS:datetime toDayOfMonth:number toDayOfWeek:number toDayOfYear:number toDecimal:number toFloat:number
toFloatOrDefault:number toFloatOrZero:number toHour:number toInt:number toIntervalDay toIntervalHour toIntervalMinute toIntervalMonth toIntervalQuarter
toIntervalSecond toIntervalWeek toIntervalYear toIntOrZero:number toISOWeek:number toISOYear:number toJSONString:string toLastDayOfMonth:date
toMinute:number toMonday:date toMonth:number toNullable toQuarter:number toSecond:number toStartOfDay:datetime toStartOfFifteenMinutes:datetime
toStartOfFiveMinutes:datetime toStartOfHour:datetime toStartOfInterval:datetime toStartOfISOYear:date toStartOfMinute:datetime toStartOfMonth:date
toStartOfQuarter:date toStartOfSecond:datetime toStartOfTenMinutes:datetime toStartOfWeek:date toStartOfYear:date toString:string toTime:datetime toTimeZone:datetime
toTypeName:string toUnixTimestamp:number toUnixTimestamp64Milli:number toUUID:uuid toValidUTF8:string toWeek:number toYear:number toYearWeek:number toYYYYMM:number
toYYYYMMDD:number toYYYYMMDDhhmmss:number today:date transform translate:string trim:string trimLeft:string trimRight:string trunc:number tryBase64Decode:string
tuple:tuple tupleElement tupleMinus:tuple tuplePlus:tuple unhex:string untuple upper:string upperUTF8:string URLHierarchy:array URLPathHierarchy:array
width_bucket:number xor:boolean yesterday:date zipfNothing
`;

/** Aggregates: `name:params:minArgs-maxArgs:type`. */
const AGGREGATES = `
count:0:0-1:number countDistinct:0:1-1:number sum:0:1-1:number avg:0:1-1:number min:0:1-1 max:0:1-1 any:0:1-1 anyLast:0:1-1 anyHeavy:0:1-1 argMin:0:2-2 argMax:0:2-2
avgWeighted:0:2-2:number corr:0:2-2:number covarPop:0:2-2:number covarSamp:0:2-2:number stddevPop:0:1-1:number stddevSamp:0:1-1:number varPop:0:1-1:number varSamp:0:1-1:number
skewPop:0:1-1:number skewSamp:0:1-1:number kurtPop:0:1-1:number kurtSamp:0:1-1:number uniq:0:1-9:number uniqExact:0:1-9:number uniqHLL12:0:1-9:number uniqTheta:0:1-9:number
groupArray:?:1-1:array groupUniqArray:?:1-1:array groupArraySample:1-2:1-1:array groupArrayMovingAvg:?:1-1:array groupArrayMovingSum:?:1-1:array groupArrayInsertAt:?:2-2:array
groupBitAnd:0:1-1:number groupBitOr:0:1-1:number groupBitXor:0:1-1:number sumMap:0:1-9:tuple minMap:0:1-9:tuple maxMap:0:1-9:tuple
quantile:1:1-1:number quantiles:+:1-1:array quantileExact:1:1-1:number median:0:1-1:number medianExact:0:1-1:number topK:1:1-1:array deltaSum:0:1-1:number deltaSumTimestamp:0:2-2:number
simpleLinearRegression:0:2-2:tuple sumWithOverflow:0:1-1:number entropy:0:1-9:number maxIntersections:0:2-2:number windowFunnel:+:2-99:number
first_value:0:1-1 last_value:0:1-1 array_agg:0:1-1:array string_agg:0:2-2:string
row_number:0:0-0:number rank:0:0-0:number dense_rank:0:0-0:number nth_value:0:2-2 lag:0:1-3 lead:0:1-3 lagInFrame:0:1-3 leadInFrame:0:1-3
`;

const COMBINATORS = [
  'If',
  'Array',
  'Distinct',
  'OrNull',
  'OrDefault',
  'ForEach',
  'Map',
  'State',
  'Merge',
  'ArgMin',
  'ArgMax',
] as const;

export interface ScalarFunction {
  kind: 'scalar';
  name: string;
  clickhouse: string;
  type: ValueType;
}
export interface AggregateFunction {
  kind: 'aggregate';
  name: string;
  clickhouse: string;
  type: ValueType;
  params: string;
  min: number;
  max: number;
}
export type FunctionInfo = ScalarFunction | AggregateFunction;

function readScalars(): Map<string, ScalarFunction> {
  const map = new Map<string, ScalarFunction>();
  for (const entry of SCALARS.trim().split(/\s+/u)) {
    const [left = '', type = 'unknown'] = entry.split(':');
    const [name = '', clickhouse = name] = left.split('=');
    map.set(name, { kind: 'scalar', name, clickhouse, type: type as ValueType });
  }
  map.delete('zipfNothing');
  return map;
}

function readAggregates(): Map<string, AggregateFunction> {
  const map = new Map<string, AggregateFunction>();
  for (const entry of AGGREGATES.trim().split(/\s+/u)) {
    const [name = '', params = '0', range = '1-1', type = 'unknown'] = entry.split(':');
    const [min = 1, max = 1] = range.split('-').map(Number);
    map.set(name, { kind: 'aggregate', name, clickhouse: name, type: type as ValueType, params, min, max });
  }
  return map;
}

const scalars = readScalars();
const aggregates = readAggregates();
/** HogQL is case-sensitive but for these. */
const ANY_CASE = new Set([
  'count',
  'sum',
  'avg',
  'min',
  'max',
  'lower',
  'upper',
  'coalesce',
  'ifnull',
  'nullif',
  'not',
  'if',
  'concat',
  'replace',
  'substring',
  'trim',
  'now',
  'least',
  'greatest',
  'and',
  'or',
  'isnull',
  'isnotnull',
  'abs',
  'round',
  'length',
  'row_number',
  'rank',
  'dense_rank',
  'median',
  'quantile',
]);
const byLowerCase = new Map([...scalars.keys(), ...aggregates.keys()].map((name) => [name.toLowerCase(), name]));

function canonicalName(name: string): string {
  return ANY_CASE.has(name.toLowerCase()) ? (byLowerCase.get(name.toLowerCase()) ?? name) : name;
}

/** The function of that name, combinators resolved (`sumIf` takes one argument more than `sum`); undefined where there is none. */
export function lookup(raw: string): FunctionInfo | undefined {
  const name = canonicalName(raw);
  const direct = scalars.get(name) ?? aggregates.get(name);
  if (direct) return direct;
  for (const suffix of COMBINATORS) {
    if (!name.endsWith(suffix)) continue;
    const base = lookup(name.slice(0, -suffix.length));
    if (base?.kind !== 'aggregate') continue;
    const extra = suffix === 'If' || suffix === 'ArgMin' || suffix === 'ArgMax' ? 1 : 0;
    return {
      ...base,
      name,
      clickhouse: base.clickhouse + suffix,
      min: base.min + extra,
      max: base.max + extra,
      type: suffix === 'State' ? 'unknown' : base.type,
    };
  }
  return undefined;
}

export function functionNames(): string[] {
  return [...scalars.keys(), ...aggregates.keys()];
}
