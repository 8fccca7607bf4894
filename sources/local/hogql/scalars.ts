/**
 * The scalar functions of HogQL, by what they give. An entry is `name/arguments`, where arguments are `n`, `min-max` or `min-` (no upper
 * bound), then `=clickhouse` where ClickHouse calls it otherwise. `{0}` in a ClickHouse name stands for an argument, `~tz` adds the project's
 * time zone unless it is given, `~ci` allows any case.
 *
 * What a function gives: a kind, `first` or `second` (the type of that argument), `element` (of the array that comes first), `arrayOf…`,
 * `body` (arrays of what the lambda gives), `either` (one of the arguments). `?` after it: NULL is possible whatever the arguments;
 * `!`: never NULL. Otherwise a NULL argument may give NULL.
 */
export const SCALARS: Readonly<Record<string, string>> = {
  string: `
    lower/1~ci upper/1~ci lowerUTF8/1 upperUTF8/1 reverseUTF8/1 initcap/1 repeat/2 substringUTF8/2-3 substring/2-3~ci left/2 right/2
    leftPad/2-3 rightPad/2-3 leftPadUTF8/2-3 rightPadUTF8/2-3 lpad/2-3=leftPad rpad/2-3=rightPad appendTrailingCharIfAbsent/2 toValidUTF8/1
    trim/1-2~ci trimLeft/1-2 trimRight/1-2 ltrim/1=trimLeft rtrim/1=trimRight btrim/1=trimBoth replace/3~ci replaceAll/3 replaceOne/3
    replaceRegexpAll/3 replaceRegexpOne/3 regexpQuoteMeta/1 translate/3 translateUTF8/3 format/2- concatWithSeparator/2- hex/1 unhex/1
    toString/1-2 toJSONString/1 formatDateTime/2-3 to_char/2-3=formatDateTime~tz dateName/2 monthName/1 split_part/3=splitByString({1},{0})[{2}]
    extract/2 regexpExtract/2-3 md5/1=hex(MD5({0}))`,
  'string?': `
    base58Encode/1 base58Decode/1 tryBase58Decode/1 base64Encode/1 base64Decode/1 tryBase64Decode/1 encodeXMLComponent/1 decodeXMLComponent/1
    extractTextFromHTML/1 convertCharset/3 protocol/1 domain/1 domainWithoutWWW/1 topLevelDomain/1 firstSignificantSubdomain/1
    cutToFirstSignificantSubdomain/1 cutToFirstSignificantSubdomainWithWWW/1 path/1 pathFull/1 queryString/1 fragment/1
    queryStringAndFragment/1 extractURLParameter/2 netloc/1 cutWWW/1 cutQueryString/1 cutFragment/1 cutQueryStringAndFragment/1
    cutURLParameter/2 decodeURLComponent/1 decodeURLFormComponent/1 encodeURLComponent/1 encodeURLFormComponent/1 arrayStringConcat/1-2
    JSONExtractString/1- JSONExtractRaw/1- JSONType/1- JSON_VALUE/2 formatReadableSize/1 formatReadableDecimalSize/1 formatReadableQuantity/1
    formatReadableTimeDelta/1-3 bar/3-4 toTypeName/1 languageCodeToName/1 timeZoneOf/1`,
  'string!': 'concat/1-~ci',
  integer: `
    length/1~ci lengthUTF8/1 ascii/1 sign/1 intDiv/2 intDivOrZero/2 gcd/2 lcm/2 moduloOrZero/2 positiveModulo/2 factorial/1
    position/2-3 positionCaseInsensitive/2-3 positionUTF8/2-3 positionCaseInsensitiveUTF8/2-3 locate/2-3 countSubstrings/2-3
    countSubstringsCaseInsensitive/2-3 countSubstringsCaseInsensitiveUTF8/2-3 countMatches/2 countMatchesCaseInsensitive/2
    dateDiff/3 date_diff/3=dateDiff age/3 bitAnd/2 bitOr/2 bitXor/2 bitNot/1 bitShiftLeft/2 bitShiftRight/2 bitRotateLeft/2
    bitRotateRight/2 bitCount/1 bitHammingDistance/2 tupleHammingDistance/2 toIntOrZero/1=toInt64OrZero`,
  'integer?': `
    toInt/1=accurateCastOrNull({0},'Int64') toYear/1 toQuarter/1 toMonth/1 toDayOfYear/1 toDayOfMonth/1 toDayOfWeek/1-3 toHour/1
    toMinute/1 toSecond/1 toUnixTimestamp/1-2 toUnixTimestamp64Milli/1 toISOYear/1 toISOWeek/1 toWeek/1-3 toYearWeek/1-3
    toYYYYMM/1 toYYYYMMDD/1 toYYYYMMDDhhmmss/1 toModifiedJulianDay/1=toModifiedJulianDayOrNull timeZoneOffset/1 cityHash64/1
    indexOf/2 arrayCount/1- countEqual/2 arrayUniq/1- arrayFirstIndex/2- arrayLastIndex/2- JSONLength/1- JSONArrayLength/1
    JSONExtractInt/1- JSONExtractUInt/1- port/1-2 ngramDistance/2 ngramDistanceCaseInsensitive/2 multiSearchFirstPosition/2
    multiSearchFirstPositionUTF8/2 multiSearchFirstPositionCaseInsensitive/2 multiSearchFirstPositionCaseInsensitiveUTF8/2
    multiSearchFirstIndex/2 multiSearchFirstIndexUTF8/2 multiSearchFirstIndexCaseInsensitive/2 multiSearchFirstIndexCaseInsensitiveUTF8/2
    multiMatchAnyIndex/2 multiFuzzyMatchAnyIndex/3 roundToExp2/1 roundDuration/1 roundAge/1 intExp2/1 intExp10/1 bitSlice/2-3
    reinterpretAsUInt8/1 reinterpretAsUInt16/1 reinterpretAsUInt32/1 reinterpretAsUInt64/1 reinterpretAsUInt128/1 reinterpretAsUInt256/1
    reinterpretAsInt8/1 reinterpretAsInt16/1 reinterpretAsInt32/1 reinterpretAsInt64/1 reinterpretAsInt128/1 reinterpretAsInt256/1
    bitmapCardinality/1 bitmapMin/1 bitmapMax/1 bitmapAndCardinality/2 bitmapOrCardinality/2 bitmapXorCardinality/2
    bitmapAndnotCardinality/2`,
  'integer!': 'rand/0 rowNumberInBlock/0 rowNumberInAllBlocks/0',
  float: `
    sqrt/1 cbrt/1 exp/1 exp2/1 exp10/1 log/1 ln/1 log2/1 log10/1 log1p/1 pow/2 power/2=pow sin/1 cos/1 tan/1 asin/1 acos/1 atan/1
    atan2/2 sinh/1 cosh/1 asinh/1 acosh/1 atanh/1 hypot/2 erf/1 erfc/1 lgamma/1 tgamma/1 degrees/1 radians/1
    toFloatOrZero/1=toFloat64OrZero toFloatOrDefault/1-2=toFloat64OrDefault`,
  'float?': `
    toFloat/1=accurateCastOrNull({0},'Float64') JSONExtractFloat/1- ifNotFinite/2 arrayAvg/1-2 arrayAUC/2 L1Norm/1 L2Norm/1
    LinfNorm/1 LpNorm/2 L1Distance/2 L2Distance/2 LinfDistance/2 LpDistance/3 cosineDistance/2 dotProduct/2 max2/2 min2/2
    reinterpretAsFloat32/1 reinterpretAsFloat64/1 width_bucket/4=widthBucket`,
  'float!': 'e/0 pi/0',
  decimal: 'multiplyDecimal/2-3 divideDecimal/2-3',
  'decimal?': 'toDecimal/2=@decimal',
  boolean: `
    not/1~ci xor/2- empty/1 notEmpty/1 startsWith/2 endsWith/2 match/2 isValidUTF8/1 isFinite/1 isInfinite/1 isNaN/1
    hasSubsequence/2 hasSubsequenceUTF8/2 hasSubsequenceCaseInsensitive/2 hasSubsequenceCaseInsensitiveUTF8/2 hasToken/2
    hasTokenCaseInsensitive/2 hasAnyTokens/2 hasAllTokens/2`,
  'boolean?': `
    toBool/1=accurateCastOrNull({0},'Bool') has/2 hasAll/2 hasAny/2 hasSubstr/2 arrayExists/1- arrayAll/1- JSONHas/1- isValidJSON/1
    JSONExtractBool/1- hasTokenOrNull/2 hasTokenCaseInsensitiveOrNull/2 multiSearchAny/2 multiSearchAnyUTF8/2
    multiSearchAnyCaseInsensitive/2 multiSearchAnyCaseInsensitiveUTF8/2 multiMatchAny/2 multiFuzzyMatchAny/3 mapContains/2
    mapContainsKeyLike/2 bitTest/2 bitTestAny/2- bitTestAll/2- bitmapContains/2 bitmapHasAny/2 bitmapHasAll/2`,
  'boolean!': 'isNull/1~ci isNotNull/1~ci indexHint/1',
  date: `
    toStartOfMonth/1 toStartOfWeek/1-2 toDate/1=@toDate to_date/1=@toDate make_date/3=makeDate`,
  'date?': `
    toStartOfYear/1 toStartOfISOYear/1 toStartOfQuarter/1 toLastDayOfMonth/1 toMonday/1 toLastDayOfWeek/1-2
    fromModifiedJulianDay/1=fromModifiedJulianDayOrNull`,
  'date!': 'today/0 current_date/0=today yesterday/0',
  datetime: `
    toStartOfDay/1-2 toStartOfHour/1 toStartOfMinute/1 toStartOfSecond/1 fromUnixTimestamp/1
    toTimeZone/1-2~tz timezone/2=toTimeZone({1},{0}) make_timestamp/6-7=makeDateTime~tz
    make_timestamptz/7=toTimeZone(makeDateTime({0},{1},{2},{3},{4},{5}),{6}) to_timestamp/1=toDateTime(fromUnixTimestamp({0}))
    date_bin/3=toStartOfInterval({1},{0},{2}) toDateTime64/1-3~tz`,
  'datetime?': `
    toStartOfFiveMinutes/1 toStartOfTenMinutes/1 toStartOfFifteenMinutes/1 timeSlot/1 toTime/1 fromUnixTimestamp64Milli/1
    toDateTimeUS/1-2=parseDateTime64BestEffortUSOrNull~tz
    parseDateTimeBestEffort/1-2=parseDateTime64BestEffortOrNull~tz parseDateTime/2-3=parseDateTimeOrNull~tz UUIDv7ToDateTime/1~tz`,
  parsed: 'toDateTime/1-2=parseDateTime64BestEffortOrNull~tz',
  'datetime!': 'now/0-1=now64~tz~ci current_timestamp/0=now64~tz',
  moved: `
    addYears/2 addQuarters/2 addMonths/2 addWeeks/2 addDays/2 addHours/2 addMinutes/2 addSeconds/2 subtractYears/2 subtractQuarters/2
    subtractMonths/2 subtractWeeks/2 subtractDays/2 subtractHours/2 subtractMinutes/2 subtractSeconds/2 timeStampAdd/2 timeStampSub/2
    toStartOfInterval/2-3 date_add/2 date_subtract/2=date_sub`,
  truncated: 'dateTrunc/2-3 date_trunc/2-3=dateTrunc',
  shifted: 'dateAdd/2-3 dateSub/2-3',
  interval: `
    toIntervalSecond/1 toIntervalMinute/1 toIntervalHour/1 toIntervalDay/1 toIntervalWeek/1 toIntervalMonth/1 toIntervalQuarter/1
    toIntervalYear/1`,
  'uuid?': "toUUID/1=accurateCastOrNull({0},'UUID') toUUIDOrDefault/2 reinterpretAsUUID/1",
  'nullableString?': "toNullableString/1=accurateCastOrNull({0},'Nullable(String)')",
  first: `
    abs/1 round/1-2~ci floor/1-2 ceil/1-2 trunc/1-2 roundBankers/1-2 roundDown/2 negate/1 reverse/1`,
  'first?': 'nullIf/2~ci arrayFirstOrNull/2- toNullable/1 modulo/2',
  'first!': 'assumeNotNull/1',
  either: 'greatest/1-~ci least/1-~ci',
  'coalesced?': 'coalesce/1-~ci ifNull/2~ci',
  'branches?': 'if/3~ci multiIf/3-',
  'transform?': 'transform/3-4',
  arithmetic: 'plus/2 minus/2 multiply/2 divide/2',
  'element?': 'arrayJoin/1 arrayElement/2 arrayMin/1-2 arrayMax/1-2 arraySum/1-2 arrayProduct/1',
  'lambdaElement?': 'arrayFirst/2- arrayLast/2-',
  'array?': `
    range/1-3 array/0- arrayConcat/1- arrayEnumerate/1 arrayEnumerateUniq/1- arrayEnumerateDense/1 arrayZip/2- splitByChar/2-3
    generateSeries/2-3=range({0},({1})+1) arrayWithConstant/2 arraySplit/2- arrayReverseSplit/2- mapKeys/1 mapValues/1
    JSONExtractKeysAndValuesRaw/1- JSONExtractKeysAndValues/2- multiSearchAllPositions/2 multiSearchAllPositionsUTF8/2
    multiSearchAllPositionsCaseInsensitive/2 multiSearchAllPositionsCaseInsensitiveUTF8/2 multiMatchAllIndices/2
    multiFuzzyMatchAllIndices/3 timeSlots/2-3 bitmapToArray/1 extractAllGroupsHorizontal/2 extractAllGroups/2=extractAllGroupsVertical
    extractAllGroupsVertical/2 tupleToNameValuePairs/1 arrayCumSum/1- arrayCumSumNonNegative/1- arrayDifference/1-`,
  'strings?': `
    splitByString/2-3 splitByRegexp/2-3 splitByWhitespace/1-2 splitByNonAlpha/1-2 extractAll/2 extractGroups/2 ngrams/2 tokens/1-3
    extractURLParameters/1 extractURLParameterNames/1 URLHierarchy/1 URLPathHierarchy/1 JSONExtractArrayRaw/1- JSONExtractKeys/1-
    alphaTokens/1-2 extractIPv4Substrings/1`,
  'first??': `
    arrayPopBack/1 arrayPopFront/1 arrayPushBack/2 arrayPushFront/2 arrayResize/2-3 arraySlice/2-3 arrayDistinct/1 arrayIntersect/1-
    arrayReverse/1 arrayCompact/1 arrayRotateLeft/2 arrayRotateRight/2 arrayFlatten/1`,
  'filtered?': `
    arrayFilter/2- arraySort/1- arrayReverseSort/1- arrayFill/2- arrayReverseFill/2-`,
  'body?': 'arrayMap/2-',
  'unknown?': `
    tuple/0- tupleElement/2-3 untuple/1 map/0- mapFromArrays/2 mapAdd/2- mapSubtract/2- mapApply/2 mapFilter/2 mapUpdate/2
    mapExtractKeyLike/2 mapPopulateSeries/1-3 arrayReduce/2- arrayFold/3- JSONExtract/2- accurateCast/2 accurateCastOrNull/2
    tuplePlus/2 tupleMinus/2 tupleMultiply/2 tupleDivide/2 tupleNegate/1 tupleMultiplyByNumber/2 tupleDivideByNumber/2
    L1Normalize/1 L2Normalize/1 LinfNormalize/1 LpNormalize/2 bitmapBuild/1 bitmapAnd/2 bitmapOr/2 bitmapXor/2 bitmapAndnot/2
    bitmapSubsetInRange/3 bitmapSubsetLimit/3 bitmapTransform/3 subBitmap/3 throwIf/1-2`,
};

/** Functions that need PostHog's servers (dictionaries, models, streams, geography) and have no counterpart over event files. */
export const SERVER_ONLY: ReadonlySet<string> = new Set(
  `tumble tumbleStart tumbleEnd hop hopStart hopEnd nowInBlock geoDistance greatCircleDistance greatCircleAngle pointInEllipses
  pointInPolygon geohashEncode geohashDecode geohashesInBox embedText sparkline recording_button recordingButton explainCSPReport
  matchesAction convertCurrency lookupDomainType lookupPaidSourceType lookupPaidMediumType lookupOrganicSourceType
  lookupOrganicMediumType getSurveyResponse uniqueSurveySubmissionsFilter survey`.split(/\s+/u),
);
