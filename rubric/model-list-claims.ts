import { type Claim, claim, type Ground } from './claim.ts';
import { traceKey } from './keys.ts';
import type { Prose } from './markdown.ts';
import { namesOf } from './names.ts';
import { fullText, type Scope } from './structure.ts';

const LIST = /^\W*(?:(?:the )?models? (?:that are |currently )?in use|models used|we use)\b/iu;
/** How many the report's own list names before it gives their number. */
const SHOWN = 8;
/** Characters of a list that a claim repeats. */
const SAID = 80;
const MORE = /\band (\d+) in all\b/iu;

/** `Models in use: …` must name the models of the data, all of them or the dearest with their number. */
export function modelListClaims(block: { scope: Scope; lines: readonly Prose[] }, ground: Ground): Claim[] {
  const models = (ground.artifacts.models.value ?? []).map(({ model }) => traceKey(model));
  if (models.length === 0) return [];
  return block.lines
    .filter(({ text }) => LIST.test(text))
    .flatMap((prose) => {
      const listed = modelsIn(prose, ground);
      if (listed.length === 0) return [];
      const [, all] = MORE.exec(prose.text) ?? [];
      const wanted = all === undefined ? models.length : Math.min(SHOWN, models.length);
      const known = new Set(listed.filter((model) => models.includes(model)));
      const holds =
        known.size === listed.length && known.size >= wanted && (all === undefined || Number(all) === models.length);
      const missing = models.filter((model) => !known.has(model)).slice(0, 3);
      const reason = `the data hold ${models.length} models${missing.length > 0 ? `; the list lacks ${missing.join(', ')}` : ''}`;
      const failure = holds ? null : ({ status: 'contradicted', reason } as const);
      return [
        claim(ground, block, {
          kind: 'statement',
          text: fullText(prose).trim().slice(0, SAID),
          line: prose.line,
          failure,
        }),
      ];
    });
}

/** What the list names in code spans, or as plain names of the data. */
function modelsIn({ text, codes }: Prose, { artifacts }: Ground): string[] {
  if (codes.length > 0) return [...new Set(codes.map(traceKey))];
  const { plain, byKey } = namesOf(artifacts);
  const found = plain ? [...text.matchAll(plain)].map(([name]) => name) : [];
  return [...new Set(found.filter((name) => byKey.get(name)?.startsWith('@m')))];
}
