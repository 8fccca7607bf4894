import type { Ground } from './claim.ts';
import { oneOf } from './count-claims.ts';
import { traceKey } from './keys.ts';
import { nameOf, namesOf, tokenIn } from './names.ts';
import { NUMBER } from './ratios.ts';
import { type Groups, ITSELF, type Place, type Rule, rule, type Verdict } from './statements.ts';

/** `a runs on five models`, `all calls go to the same model`. */

const OPERATION = '(?<subject>@o\\d+@)';
const MODEL = '(?<model>@m\\d+@)';
const ONE = '(?:the same|one|a single|one and the same|only one) model';

export const MODEL_USES: Rule[] = [
  rule(
    `${ITSELF}${OPERATION} (?:(?:runs|ran|relies) on|uses|used) (?:only |just |exactly )?(?<n>${NUMBER}) (?:different |distinct )?models?`,
    modelsOf,
  ),
  rule(
    `(?:${ITSELF}|(?:the |all )?calls (?:of|to|by|from) )${OPERATION} (?<not>(?:does|do) not |never )?(?:runs?|ran|relies|go|goes) (?<all>only |entirely |exclusively |all )?(?:on|to|through) ${MODEL}(?<only> only| alone)?`,
    runsOn,
  ),
  rule(`${ITSELF}${OPERATION} (?<not>does not )?uses ${MODEL}`, runsOn),
  rule(`${ITSELF}${MODEL} (?<not>does not )?(?:serves|answers(?: for)?|powers|handles) ${OPERATION}`, runsOn),
  rule(`${ITSELF}${OPERATION} is (?<not>not )?(?:served|answered|powered|handled) by ${MODEL}`, runsOn),
  rule(
    `(?:all|every|each)(?: of)?(?: the)? (?:operations?|calls?|traffic|requests?) (?:runs?|ran|goes|go|uses?) (?:on |to |through )?(?:${ONE}|${MODEL})`,
    oneModel,
  ),
  rule('(?:only one|a single|one) model (?:is|was) (?:in use|used)(?! (?:by|for|in))', oneModel),
];

interface Use {
  operation: string;
  model: string;
}

/** Which operation calls which model. */
function uses({ artifacts }: Ground): Use[] {
  const map = artifacts.data.find(({ file }) => file === 'data/price_map.json')?.value;
  const list = (map as { uses?: unknown } | undefined)?.uses;
  return Array.isArray(list) ? list.filter((one): one is Use => typeof one?.model === 'string') : [];
}

function usedBy(token: string, ground: Ground): string[] {
  const name = nameOf(token, namesOf(ground.artifacts));
  const own = uses(ground).filter(({ operation }) => traceKey(operation) === traceKey(name));
  return [...new Set(own.map(({ model }) => model))];
}

function modelsOf({ subject = '', n = '' }: Groups, { ground }: Place): Verdict | null {
  const models = usedBy(subject, ground);
  return models.length === 0 ? null : oneOf(n, [models.length]);
}

/** What a plan says of models is no claim about the window. */
const PLANNED =
  /\b(?:after|then|instead|new|from now on|moved?|replay|shadow|variant|arm|treatment|experiment|switch(?:ed)?|candidate|let|make|have)\b/u;

function runsOn({ subject = '', model = '', not, all, only }: Groups, { clause, ground }: Place): Verdict | null {
  const models = usedBy(subject, ground);
  if (models.length === 0 || PLANNED.test(clause.text)) return null;
  const named = nameOf(model, namesOf(ground.artifacts));
  const runs = models.some((own) => isSame(own, named)) && ((all ?? only) === undefined || models.length === 1);
  return { holds: runs !== (not !== undefined), says: `it runs on ${models.join(', ')}` };
}

/** With and without a vendor before it or a date behind it. */
function isSame(used: string, named: string): boolean {
  const [a = '', b = ''] = [used, named].map((name) => name.toLowerCase().split('/').at(-1) ?? name);
  return (
    a === b ||
    (a.startsWith(b) && /^-\d/u.test(a.slice(b.length))) ||
    (b.startsWith(a) && /^-\d/u.test(b.slice(a.length)))
  );
}

/** `all calls` may be those of the operation that a recommendation is about. */
function oneModel({ model }: Groups, { clause, ground }: Place): Verdict | null {
  const names = namesOf(ground.artifacts);
  const all = (ground.artifacts.models.value ?? []).map((row) => row.model);
  const own = clause.operation === null ? [] : usedBy(tokenIn(clause.operation, names) ?? '', ground);
  if (all.length === 0) return null;
  const holds = [all, own.length > 0 ? own : all].some(
    ([first = '', ...more]) => more.length === 0 && isSame(first, model === undefined ? first : nameOf(model, names)),
  );
  return { holds, says: `${all.length} models are in use` };
}
