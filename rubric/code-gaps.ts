import type { Artifacts } from './artifacts.ts';
import type { Pair } from './part-gaps.ts';
import type { CodePiece } from './structure.ts';

/** What is wrong with the code of a fix beside the data: whose change it shows, which models it names, and what nobody should run. */
export function codeGaps(pairs: readonly Pair[], artifacts: Artifacts): string[] {
  const models = modelNames(artifacts);
  const operations = (artifacts.spans.value ?? []).map(({ operation }) => operation).filter((name) => isCodeName(name));
  return pairs.flatMap((pair) => {
    const { own } = pair;
    const others = operations.filter((name) => name !== pair.data.operation);
    const faults = [
      ...exchanged(pair),
      ...own.code.blocks.flatMap((piece) => [
        ...borrowed(piece, pair, pairs),
        ...textFaults(piece),
        ...unknownModels(piece, models),
        ...otherOperations(piece, others),
      ]),
    ];
    return faults.map((fault) => `priority ${own.priority}: ${fault}`);
  });
}

/** Code without comments and white space: what it does, whatever is said of it. */
function doings(code: unknown): string {
  return typeof code === 'string' ? code.replace(/#.*$/gmu, '').replace(/\s+/gu, '') : '';
}

function exchanged({ own, data }: Pair): string[] {
  const [before, after] = own.code.pair ?? [];
  if (!before || !after) return [];
  const labelled = /^\s*#\s*after\b/iu.test(before.value) || /^\s*#\s*before\b/iu.test(after.value);
  const same = doings(data.after) !== '' && doings(before.value) === doings(data.after);
  return labelled || same ? [`line ${before.line}: before and after are exchanged`] : [];
}

/** Code that the data give for another recommendation, and not for this one. */
function borrowed({ value, line }: CodePiece, { own, data }: Pair, pairs: readonly Pair[]): string[] {
  const code = doings(value);
  if (code === '' || [data.before, data.after].some((mine) => doings(mine) === code)) return [];
  const other = pairs.find(
    (pair) => pair.own !== own && [pair.data.before, pair.data.after].some((theirs) => doings(theirs) === code),
  );
  return other ? [`line ${line}: the code is that of priority ${other.own.priority}`] : [];
}

const FAULTS: [what: string, pattern: RegExp][] = [
  ['unfinished code', /#.*\b(?:TODO|FIXME|XXX|TBD)\b|\bNotImplementedError\b/u],
  [
    'code that can destroy or run anything',
    /\bos\.(?:system|popen)\s*\(|\brm\s+-rf?\b|\bshutil\.rmtree\s*\(|(?<![.\w])(?:eval|exec)\s*\(|\b__import__\s*\(|\bshell\s*=\s*True\b|\bDROP\s+TABLE\b/u,
  ],
  [
    'what looks like a secret',
    /\b(?:sk|pk|rk|phc|phx|ghp|gho|xox[abp])[-_][A-Za-z0-9_-]{16,}|\bAKIA[0-9A-Z]{16}\b|\b(?:api_?key|token|secret|password)\s*=\s*["'][A-Za-z0-9_\-./+]{16,}["']/u,
  ],
];

function textFaults({ value, line }: CodePiece): string[] {
  const lines = value.split('\n');
  const found = lines.flatMap((text, index) =>
    FAULTS.flatMap(([what, pattern]) => (pattern.test(text) ? [`line ${line + index}: ${what}`] : [])),
  );
  return [...found, ...firstIndent(lines, line)];
}

/** Under a comment at the margin the first statement stands at the margin. */
function firstIndent(lines: readonly string[], line: number): string[] {
  const [comment = '', ...rest] = lines.filter((text) => text.trim() !== '');
  const first = rest.find((text) => !/^\s*#/u.test(text)) ?? '';
  const isStray = /^#/u.test(comment) && /^\s/u.test(first);
  return isStray ? [`line ${line}: the first statement is indented`] : [];
}

const MODEL = /\bmodel["']?\s*[=:]\s*["']([^"'\n]+)["']/gu;

function unknownModels({ value, line }: CodePiece, known: ReadonlySet<string>): string[] {
  const named = [...value.matchAll(MODEL)].map(([, name = '']) => name);
  const unknown = named.filter((name) => /\d/u.test(name) && !known.has(bareModel(name)));
  return unknown.map((name) => `line ${line}: no data file and no price table holds the model ${name}`);
}

function modelNames({ models, pricing }: Artifacts): Set<string> {
  const listed = [...(models.value ?? []).map(({ model }) => model), ...Object.keys(pricing.value ?? {})];
  return new Set(listed.map((name) => bareModel(name)));
}

function bareModel(name: string): string {
  return name.split('/').at(-1)?.toLowerCase() ?? '';
}

/** A plain word may be a word; `extract_order` can only be a name. */
function isCodeName(name: string): boolean {
  return /^[\w-]+[_-][\w-]+$/u.test(name);
}

/** A comment that speaks of an operation which the fix is not about, and which its code does not use. */
function otherOperations({ value, line }: CodePiece, others: readonly string[]): string[] {
  const comments = (value.match(/#.*$/gmu) ?? []).join('\n');
  const code = value.replace(/#.*$/gmu, '');
  const named = others.filter((name) => hasWord(comments, name) && !hasWord(code, name));
  return named.map((name) => `line ${line}: the comment is about ${name}`);
}

function hasWord(text: string, word: string): boolean {
  return text.split(/[^\w-]+/u).includes(word);
}
