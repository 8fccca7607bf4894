import type { Artifacts } from './artifacts.ts';
import type { Ground } from './claim.ts';
import { traceKey } from './keys.ts';

/** Operations and models by the tokens that stand for them in clauses. */
export interface Names {
  byToken: Map<string, string>;
  byKey: Map<string, string>;
  /** Names that cannot be words of a sentence, the longest first. */
  plain: RegExp | null;
}

const computed = new WeakMap<Artifacts, Names>();

export function namesOf(artifacts: Artifacts): Names {
  const known = computed.get(artifacts);
  if (known) return known;
  const made: Names = { byToken: new Map(), byKey: new Map(), plain: null };
  for (const { operation } of artifacts.spans.value ?? []) add(made, 'o', operation);
  for (const { model } of artifacts.models.value ?? []) add(made, 'm', model);
  const plain = [...made.byKey.keys()].filter((name) => /[\p{L}\p{N}][_./:-]+[\p{L}\p{N}]/u.test(name));
  const longest = plain.sort((a, b) => b.length - a.length).map(escaped);
  if (longest.length > 0) {
    made.plain = new RegExp(`(?<![\\p{L}\\p{N}_./@-])(?:${longest.join('|')})(?![\\p{L}\\p{N}_-]|[./]\\w)`, 'gu');
  }
  computed.set(artifacts, made);
  return made;
}

/** Models that the data do not use get a token as well: a text may say that something runs on them. */
export function tokenOf(code: string, names: Names, { known, artifacts }: Ground): string | null {
  const name = code.trim();
  const token = tokenIn(name, names);
  if (token) return token;
  const isModel = known.texts.isModel(name) || Object.hasOwn(artifacts.pricing.value ?? {}, name);
  return isModel ? add(names, 'm', name) : null;
}

/** The token of a name of the data. */
export function tokenIn(name: string, names: Names): string | undefined {
  return names.byKey.get(traceKey(name));
}

/** The name that a token stands for. */
export function nameOf(token: string, names: Names): string {
  return names.byToken.get(token) ?? token.replace(/^@r(\d+)@$/u, 'priority $1');
}

/** A clause's words with the names in place. */
export function named(text: string, names: Names): string {
  return text.replace(/@[omr]\d+@/gu, (token) => nameOf(token, names));
}

function add(names: Names, letter: 'o' | 'm', name: string): string {
  const token = `@${letter}${names.byToken.size}@`;
  names.byToken.set(token, name);
  names.byKey.set(traceKey(name), token);
  return token;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/gu, '\\$&');
}
