import { type Claim, claim, type Ground, unsupported } from './claim.ts';
import { sampleCounts } from './expected.ts';
import { numbersIn, percentagesIn, shows } from './figures.ts';
import type { Prose } from './markdown.ts';
import type { Scope } from './structure.ts';

type Paragraph = { scope: Scope };

/** `27 of 467` must stand together somewhere in the data; a share behind it must be their quotient. */
const PAIR = /^ of (?:its |the |all )?(?=\d)/u;
const SHARE = /^[^.;]{0,60}?\((?=\d)/u;

export function pairClaims(prose: Prose, block: Paragraph, ground: Ground): { indexes: number[]; claim: Claim }[] {
  const numbers = numbersIn(prose.text);
  return numbers.flatMap((seen, at) => {
    const of = numbers[at + 1];
    const joint = of && prose.text.slice(seen.index + seen.text.length, of.index);
    if (!of || joint === undefined || !PAIR.test(`${joint}0`) || of.value < seen.value) return [];
    const known = ground.known.hasPair(seen, of);
    const after = prose.text.slice(of.index + of.text.length);
    const [lead = ''] = SHARE.exec(after) ?? [];
    const share = lead === '' ? undefined : percentagesIn(after).find((figure) => figure.index === lead.length);
    const quotient = !share || of.value === 0 || shows(share, seen.value / of.value);
    const failure = known ? null : unsupported('no part of the data holds these two counts together');
    const wrong = { status: 'contradicted', reason: 'the share is not the quotient of the counts' } as const;
    const text = prose.text.slice(seen.index, of.index + of.text.length);
    const made = claim(ground, block, {
      kind: 'count',
      text,
      line: prose.line,
      failure: quotient ? failure : wrong,
      derived: share !== undefined,
    });
    return [{ indexes: [seen.index, of.index], claim: made }];
  });
}

const SAMPLED = /(\d+)( of )(\d+) (?:sampled|read) traces/giu;

/** `4 of 15 sampled traces` must be how the samples were tagged. */
export function readingClaims(prose: Prose, block: Paragraph, ground: Ground): { indexes: number[]; claim: Claim }[] {
  const samples = ground.artifacts.samples.value;
  const matches = [...prose.text.matchAll(SAMPLED)];
  if (!samples || matches.length === 0) return [];
  const valid = sampleCounts(samples);
  const reason = `the ${samples.length} samples of data/qualitative_samples.json have other counts`;
  return matches.map((match) => {
    const [text, seen = '', joint = '', of = ''] = match;
    const ok = valid.has(`${Number(seen)}/${Number(of)}`);
    const failure = ok ? null : ({ status: 'contradicted', reason } as const);
    return {
      indexes: [match.index, match.index + seen.length + joint.length],
      claim: claim(ground, block, { kind: 'count', text, line: prose.line, failure }),
    };
  });
}
