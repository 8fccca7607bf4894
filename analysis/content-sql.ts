import { MAX_CITED } from './profile-sql.ts';

/**
 * Aggregates over prompts and completions as HogQL. They run in the engine: no payload leaves it, only counts, hashes and ids.
 * `calls` is the subquery of `contentCalls` (columns `input_text`, `output_text`, `has_output`).
 */

const MAX_ROWS = 20_000;

/** Written inside a HogQL string literal: backslashes and quotes escaped. */
function literal(regex: string): string {
  return `'${regex.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** Volatile parts of a request: ISO times, UUIDs, hex ids and epoch numbers. They differ between otherwise identical retries. */
const VOLATILE = literal(
  String.raw`\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|\b[0-9a-fA-F]{16,}\b|\b(?:[0-9]+[a-f]|[a-f]+[0-9])[0-9a-f]{6,}\b|\b1[5-9]\d{8}(\d{3})?\b`,
);
/** Both ends of a long prompt tell two requests apart; masking all of a 1 MB prompt would cost seconds. */
const MASKED_END = 8000;

const REQUEST = `cityHash64(concat(toString(length(input_text)), replaceRegexpAll(substring(input_text, 1, ${MASKED_END}), ${VOLATILE}, '#'), replaceRegexpAll(substring(input_text, greatest(${MASKED_END} + 1, length(input_text) - ${MASKED_END})), ${VOLATILE}, '#')))`;

/** A completion stored as JSON text inside a JSON string keeps one level of escapes; take it off. */
const OUTPUT = `if(match(output_text, ${literal(String.raw`^\s*[\[{]\s*\{?\s*\\"`)}), JSONExtractString(concat('["', output_text, '"]'), 1), output_text)`;

const HAS_TEXT = literal(
  String.raw`"(content|text|output_text|refusal|parts)"\s*:\s*"(\s|\\[nrt])*([^"\s\\]|\\[^nrt])`,
);
const HAS_TOOL = literal(
  String.raw`"tool_calls"\s*:\s*\[\s*\{|"function_call"\s*:\s*\{|"functionCall"\s*:\s*\{|"type"\s*:\s*"(function|function_call|tool_use|tool_call|tool-call|server_tool_use)"`,
);
const LIMIT_STOP = literal(
  String.raw`"(finish_reason|stop_reason|finishReason|stopReason)"\s*:\s*"(length|max_tokens|MAX_TOKENS|max_output_tokens|model_length)"`,
);
const TOOL_NAME = literal(String.raw`"name"\s*:\s*"([^"]*)"`);
const TOOL_ARGUMENTS = literal(
  String.raw`"(?:arguments|input|args)"\s*:\s*("(?:[^"\\]|\\.)*"|\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})`,
);

/** The text of the first choice, in the shapes that SDKs write (message list, parts, Chat Completions choice, plain text). */
const TEXT = `multiIf(
    NOT match(output, '^\\\\s*[\\\\[{]'), output,
    coalesce(${[
      "1, 'content', 1, 'text'",
      "1, 'content', 2, 'text'",
      "1, 'content'",
      "1, 'message', 'content', 1, 'text'",
      "1, 'message', 'content'",
      "1, 'text'",
      "'content'",
      "'choices', 1, 'message', 'content'",
    ]
      .map(stringAt)
      .join(', ')}, ''))`;

/** The text at a path of the completion; NULL where there is none (JSONExtractString would give an array's JSON). */
function stringAt(path: string): string {
  return `if(toString(JSONType(output, ${path})) = 'String', nullIf(JSONExtractString(output, ${path}), ''), NULL)`;
}

/** What a complete answer may end with: terminal marks, closing brackets, quotes, code fences, emphasis, links and emoji. */
const TERMINATED = literal(
  String.raw`([.!?…:;)\]}>"'’”»*_|#\x60。！？]|\d|###\w*|https?://\S+|[\x{1F300}-\x{1FAFF}\x{2600}-\x{27BF}])\s*$`,
);

const STATS = `count() OVER (PARTITION BY operation, kind) AS seen, sum(waste) OVER (PARTITION BY operation, kind) AS waste_total,
      sum(waste * waste) OVER (PARTITION BY operation, kind) AS waste_squares`;

/** Identical requests (volatile parts masked) inside one trace: traces with three of one request or more. */
function repeatsSql(calls: string): string {
  return `SELECT operation, 'retry_storm' AS kind, trace_id, repeats AS n, waste, errors, same_output, cost, ${STATS},
      sum(repeats) OVER (PARTITION BY operation) AS calls_total, sum(errors) OVER (PARTITION BY operation) AS errors_total,
      sum(same_output) OVER (PARTITION BY operation) AS same_total, sum(tool_repeats) OVER (PARTITION BY operation) AS tool_total
    FROM (SELECT operation, trace_id, sum(c) AS repeats, sum(cost * (c - 1) / c) AS waste, sum(errors) AS errors, sum(same) AS same_output,
        sum(tools) AS tool_repeats, sum(cost) AS cost
      FROM (SELECT operation, trace_id, ${REQUEST} AS request, count() AS c, sum(coalesce(cost, 0)) AS cost, sum(is_error) AS errors,
          c - uniqExact(cityHash64(output_text)) AS same, countIf(match(output_text, ${HAS_TOOL})) AS tools
        FROM ${calls} AS gen WHERE trace_id != '' AND length(input_text) > 2
        GROUP BY operation, trace_id, request HAVING c >= 3) AS groups
      GROUP BY operation, trace_id) AS storms
    ORDER BY operation, waste DESC, n DESC, trace_id LIMIT ${MAX_CITED} BY operation LIMIT ${MAX_ROWS}`;
}

/** Identical successful requests (to the letter, same model) in different traces. */
export function duplicatesSql(calls: string): string {
  return `SELECT operation, 'duplicate_calls' AS kind, trace_id, traces AS n, cost, avoidable AS waste,
      count() OVER (PARTITION BY operation) AS seen, sum(waste) OVER (PARTITION BY operation) AS waste_total,
      sum(waste * waste) OVER (PARTITION BY operation) AS waste_squares, uniqExact(request) OVER (PARTITION BY operation) AS groups
    FROM (SELECT operation, request, trace_id, cost, traces, cost * (traces - 1) / traces AS avoidable
      FROM (SELECT operation, request, trace_id, cost, count() OVER (PARTITION BY operation, model, request) AS traces
        FROM (SELECT operation, model, trace_id, cityHash64(concat(toString(in_tokens), '|', input_text)) AS request, sum(coalesce(cost, 0)) AS cost
          FROM ${calls} AS gen WHERE trace_id != '' AND is_error = 0 AND length(input_text) > 2
          GROUP BY operation, model, trace_id, request) AS requests) AS counted
      WHERE traces >= 2) AS repeated
    ORDER BY operation, traces DESC, request, trace_id LIMIT ${MAX_CITED} BY operation LIMIT ${MAX_ROWS}`;
}

/** An operation answers with labels when most answers are one of a few short texts that its prompt names. */
const MAX_LABELS = 30;
const MAX_LABEL = 64;
/** Start of a prompt in which such a list is looked for, characters. */
const INSTRUCTIONS = 8000;
const LABEL = `lower(replaceRegexpAll(answer, ${literal(String.raw`^[\s"'\x60*.]+|[\s"'\x60*.,;:!]+$`)}, ''))`;

/**
 * Completions that are empty, cut off, outside the labels that the prompt names, or no JSON where the operation answers in JSON. `of` is the operation's number of successful calls
 * with a stored completion; a call without stored content is never judged.
 */
export function outputsSql(calls: string): string {
  const flagged = `[
      ('empty_output', if(is_error = 0 AND NOT match(output, ${HAS_TEXT}) AND NOT match(output, ${HAS_TOOL}) AND match(output, '^\\\\s*(\\\\[|\\\\{|$)'), 1, 0)),
      ('response_truncation', if(limit_stop = 1 OR (known_stop = 0 AND at_max >= 3 AND at_max >= 0.01 * of AND out_tokens = out_max AND out_max >= 64 AND answer != '' AND NOT match(answer, ${TERMINATED})), 1, 0)),
      ('model_confusion', if(is_error = 0 AND limit_stop = 0 AND answer != '' AND listed = 0 AND NOT match(output, ${HAS_TOOL}) AND in_list >= 0.6 * of AND list_size <= ${MAX_LABELS} AND same_answer < 0.1 * of, 1, 0)),
      ('malformed_output', if(is_error = 0 AND limit_stop = 0 AND json_like >= 0.35 * of AND json_valid >= 0.3 * of AND answer != '' AND NOT isValidJSON(body), 1, 0))]`;
  return `SELECT operation, kind, trace_id, out_tokens, cost, of, out_max, cost AS waste, ${STATS}
    FROM (SELECT *, (arrayJoin(arrayFilter(k -> k.2 = 1, ${flagged})) AS hit).1 AS kind
      FROM (SELECT *, countIf(is_error = 0) OVER (PARTITION BY operation) AS of, max(out_tokens) OVER (PARTITION BY operation, model) AS out_max,
          countIf(json_start = 1) OVER (PARTITION BY operation) AS json_like, countIf(json_start = 1 AND isValidJSON(body)) OVER (PARTITION BY operation) AS json_valid,
          count() OVER (PARTITION BY operation, model, out_tokens) AS at_max, countIf(listed = 1) OVER (PARTITION BY operation) AS in_list,
          uniqExactIf(label, listed = 1) OVER (PARTITION BY operation) AS list_size, count() OVER (PARTITION BY operation, label) AS same_answer
        FROM (SELECT *, ${LABEL} AS label, if(label != '' AND length(answer) <= ${MAX_LABEL} AND positionCaseInsensitiveUTF8(instructions, label) > 0, 1, 0) AS listed, trim(replaceRegexpAll(answer, '^\\\\s*\`\`\`[a-zA-Z]*|\`\`\`\\\\s*$', '')) AS body, if(match(body, '^[\\\\[{]'), 1, 0) AS json_start
          FROM (SELECT operation, model, trace_id, is_error, out_tokens, coalesce(cost, 0) AS cost, ${OUTPUT} AS output, ${TEXT} AS answer, substring(input_text, 1, ${INSTRUCTIONS}) AS instructions,
              if(stop_reason != '' OR match(output, '"(finish_reason|stop_reason|finishReason)"\\\\s*:\\\\s*"'), 1, 0) AS known_stop,
              if(stop_reason IN ('length', 'max_tokens', 'max_output_tokens', 'model_length') OR match(output, ${LIMIT_STOP}), 1, 0) AS limit_stop
            FROM ${calls} AS gen WHERE has_output = 1) AS read) AS parsed) AS counted) AS judged
    WHERE trace_id != '' ORDER BY operation, kind, cost DESC, trace_id LIMIT ${MAX_CITED} BY operation, kind LIMIT ${MAX_ROWS}`;
}

/**
 * Equal tool calls from which on an agent loops: in a row, as the same two in turn, or in all where they are this share of the trace's tool
 * calls. A status that is asked again after something was changed is no loop.
 */
export const LOOP = { inARow: 3, inTurn: 3, inAll: 6, share: 0.6 } as const;

/**
 * The same tool with the same arguments, again and again in one trace. Waste: the cost of the repeated calls after the second.
 */
function toolLoopsSql(calls: string): string {
  const signatures = `extractAll(output, ${TOOL_ARGUMENTS})`;
  return `SELECT operation, 'tool_abuse' AS kind, trace_id, repeats AS n, looping_tool AS tool, cost, waste, ${STATS}
    FROM (SELECT operation, trace_id, most AS repeats, looping_tool, trace_cost AS cost, trace_cost * (most - 2) / length(called) AS waste
      FROM (SELECT operation, trace_id, trace_cost, called,
          arrayMax(arrayMap(c -> countEqual(called, c), arrayDistinct(called))) AS most,
          arrayFirst(c -> countEqual(called, c) = most, called).1 AS looping_tool,
          arrayMax(arrayMap((c, i) -> if(i >= ${LOOP.inARow} AND countEqual(arraySlice(called, i - ${LOOP.inARow - 1}, ${LOOP.inARow}), c) = ${LOOP.inARow}, 1, 0), called, arrayEnumerate(called))) AS in_a_row,
          arrayCount((c, i) -> i > 3 AND c = called[i - 2] AND called[i - 1] = called[i - 3] AND c != called[i - 1], called, arrayEnumerate(called)) AS in_turn
        FROM (SELECT operation, trace_id, sum(cost) AS trace_cost, arrayFlatten(arrayMap(s -> s.2, arraySort(groupArray((at, called_now))))) AS called
          FROM (SELECT operation, trace_id, at, coalesce(cost, 0) AS cost, ${OUTPUT} AS output,
              arrayZip(arrayResize(extractAll(output, ${TOOL_NAME}), length(${signatures}), ''), ${signatures}) AS called_now
            FROM ${calls} AS gen WHERE trace_id != '' AND match(output_text, ${literal('tool|function')})) AS answered
          GROUP BY operation, trace_id HAVING length(called) >= ${LOOP.inARow}) AS traces) AS counted
      WHERE in_a_row = 1 OR in_turn >= ${LOOP.inTurn} OR (most >= ${LOOP.inAll} AND most >= ${LOOP.share} * length(called))) AS looping
    ORDER BY operation, waste DESC, n DESC, trace_id LIMIT ${MAX_CITED} BY operation LIMIT ${MAX_ROWS}`;
}

/** Repeated requests and tool loops inside traces, told apart by `kind`, in one query. Rows come in no order. */
export function repetitionsSql(calls: string): string {
  const common = 'operation, kind, trace_id, n, waste, cost, seen, waste_total, waste_squares';
  const totals = ['errors', 'same_output', 'calls_total', 'errors_total', 'same_total', 'tool_total'];
  return `SELECT ${common}, '' AS tool, ${totals.join(', ')} FROM (${repeatsSql(calls)}) AS repeats LIMIT ${MAX_ROWS}
    UNION ALL SELECT ${common}, tool, ${totals.map((name) => `0 AS ${name}`).join(', ')} FROM (${toolLoopsSql(calls)}) AS loops LIMIT ${MAX_ROWS}`;
}

/** Lengths of prompt text at which calls are compared, in characters. */
const PREFIX_LENGTHS = [4000, 6000, 8000, 12_000, 16_000, 24_000, 32_000, 48_000, 64_000];
/** A date, a request's id or a counter that spoils a shared prefix stands in these first characters. */
const PREFIX_HEAD = 1000;
const MASKED_INPUT = `concat(replaceRegexpAll(replaceRegexpAll(substring(input_text, 1, ${PREFIX_HEAD}), ${VOLATILE}, '#'), '[0-9]+', '#'), substring(input_text, ${PREFIX_HEAD + 1}))`;

/**
 * The longest common prompt prefixes per operation and model: at each length, how many calls start with the most usual text (`shared_calls`;
 * ids, times and numbers in its first lines aside) and how many to the letter (`exact_calls`), how many prompt tokens that text is (share
 * of characters × recorded tokens), and how many of those calls read from a cache.
 */
export function prefixSql(calls: string): string {
  return `SELECT operation, model, price_key, prefix_length, max(c) AS shared_calls, sum(c) AS long_calls,
      argMax(tokens, (c, h)) AS prefix_tokens, argMax(read, (c, h)) AS read_tokens, argMax(context, (c, h)) AS context_sum, argMax(gap_5m, (c, h)) AS within_5m,
      argMax(gap_1h, (c, h)) AS within_1h, argMax(tokens_usd, (c, h)) AS prefix_usd, argMax(read_rate, (c, h)) AS read_rate, argMax(example, (c, h)) AS example_trace, argMax(exact, (c, h)) AS exact_calls
    FROM (SELECT operation, model, price_key, prefix_length, h, count() AS c, sum(context_tokens * prefix_length / characters) AS tokens,
        sum(least(read_tokens, context_tokens * prefix_length / characters)) AS read, sum(context_tokens) AS context,
        countIf(gap <= 300) AS gap_5m, countIf(gap <= 3600) AS gap_1h,
        sum(context_tokens * prefix_length / characters * price_in_token) AS tokens_usd,
        max(if(price_in_token > 0, price_read_token / price_in_token, 1)) AS read_rate, argMax(trace_id, (context_tokens, trace_id)) AS example, max(same) AS exact
      FROM (SELECT *, prefix.1 AS prefix_length, prefix.2 AS h, count() OVER (PARTITION BY operation, model, prefix.1, prefix.3) AS same,
          coalesce(dateDiff('second', lag(at) OVER (PARTITION BY operation, model, prefix.1, prefix.2 ORDER BY at), at), 1e9) AS gap
        FROM (SELECT operation, model, price_key, trace_id, at, context_tokens, read_tokens, if(price_row > 0, price_in_token, 0) AS price_in_token,
            price_read_token, length(input_text) AS characters, ${MASKED_INPUT} AS masked,
            arrayJoin(arrayMap(n -> (n, cityHash64(substring(masked, 1, n)), cityHash64(substring(input_text, 1, n))),
              arrayFilter(n -> n <= least(length(masked), length(input_text)), [${PREFIX_LENGTHS.join(', ')}]))) AS prefix
          FROM ${calls} AS gen WHERE has_tokens = 1 AND is_error = 0 AND length(input_text) >= ${PREFIX_LENGTHS[0]}) AS cut) AS spaced
      GROUP BY operation, model, price_key, prefix_length, h) AS grouped
    GROUP BY operation, model, price_key, prefix_length ORDER BY operation, model, prefix_length LIMIT ${MAX_ROWS}`;
}
