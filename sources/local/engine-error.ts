import { messageOf, RunbookError } from '../../lib/errors.ts';

const HINTS: [RegExp, string][] = [
  [
    /NO_COMMON_TYPE|no supertype/u,
    "Properties are text: compare numbers through toFloat(properties.x) and flags through toString(properties.x) = 'true'.",
  ],
  [
    /ILLEGAL_TYPE_OF_ARGUMENT|TYPE_MISMATCH/u,
    'Properties are text: cast them with toFloat(…), toInt(…) or toDateTime(…) first.',
  ],
  [/CANNOT_PARSE/u, 'Some values do not read as that type: toFloat(…), toInt(…) and toDateTime(…) give NULL instead.'],
  [/NOT_AN_AGGREGATE/u, 'Every column that is not aggregated must be in GROUP BY.'],
  [/ILLEGAL_AGGREGATION/u, 'An aggregate cannot stand inside another one, or in WHERE: use a subquery or HAVING.'],
  [/MEMORY_LIMIT/u, 'Aggregate further, or shorten the window.'],
];

/**
 * The engine's failure as PostHog tells it: the error's name and message, without the engine's own names and paths.
 * @param database the engine's name for this source's tables; taken out of messages
 */
export function engineError(cause: unknown, database: string): RunbookError {
  const text = messageOf(cause).trim();
  const name = /\(([A-Z][A-Z0-9_]{3,})\)\s*$/u.exec(text)?.[1] ?? '';
  if (name === 'TIMEOUT_EXCEEDED') {
    return new RunbookError('timeout', 'The query took longer than 60 s.', {
      cause,
      hint: 'Aggregate further, or shorten the window.',
    });
  }
  const message = text
    .replace(/^Query failed: /u, '')
    .replace(/^Code: \d+\. DB::Exception: /u, '')
    .replaceAll(`${database}.`, '')
    .replaceAll(/:? ?\(in file\/uri [^)]*\)/gu, '')
    .replace(/: ?In scope [\s\S]*$/u, '')
    .replace(/: ?while (?:executing|processing|reading)[\s\S]*$/iu, '')
    .replaceAll(/(?:\/[\w.-]+){2,}\/?/gu, '…')
    .replace(name === '' ? '' : new RegExp(`\\s*\\(${name}\\)$`, 'u'), '')
    .replace(/[\s.:]+$/u, '');
  const hint = HINTS.find(([pattern]) => pattern.test(text))?.[1];
  return new RunbookError('hogql', `${name === '' ? '' : `${name}: `}${message.slice(0, 500)}`, {
    cause,
    ...(hint ? { hint } : {}),
  });
}

export function interrupted(cause?: unknown): RunbookError {
  return new RunbookError('interrupted', 'The query was interrupted.', cause === undefined ? {} : { cause });
}
