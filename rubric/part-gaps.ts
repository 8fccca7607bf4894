import type { Artifacts } from './artifacts.ts';
import type { Claim } from './claim.ts';
import { moneyIn, shows } from './figures.ts';
import { hasFigure, names, passageText, saysNothing } from './passage.ts';
import { PARTS, type Part, type Report, type ReportRecommendation } from './structure.ts';

export type DataRecommendation = NonNullable<Artifacts['recommendations']['value']>['recommendations'][number];

/** A recommendation of the report beside the one of the data with its priority. */
export interface Pair {
  own: ReportRecommendation;
  data: DataRecommendation;
}

export function pairsOf({ recommendations }: Artifacts, report: Report): Pair[] {
  const list = recommendations.value?.recommendations ?? [];
  return report.recommendations.flatMap((own) => {
    const data = list.find(({ priority }) => priority === own.priority);
    return data ? [{ own, data }] : [];
  });
}

/** What the parts of a recommendation do not say although the data have it. A part that is missing is the criterion's business. */
export function partGaps(artifacts: Artifacts, report: Report, claims: readonly Claim[]): string[] {
  return pairsOf(artifacts, report).flatMap((pair) => {
    const { own } = pair;
    const claimed = (part: Part) =>
      claims.filter((c) => c.status === 'verified' && c.scope.priority === own.priority && c.scope.part === part);
    return [
      ...ofPart(pair, 'problem', (text) => problem(text, pair.data)),
      ...ofPart(pair, 'why', (text) => (saysNothing(text) ? 'says nothing' : null)),
      ...ofPart(pair, 'evidence', () => evidence(pair.data, claimed('evidence'))),
      ...ofPart(pair, 'impact', (text) => impact(text, pair.data, claimed('impact'))),
    ];
  });
}

function ofPart({ own }: Pair, part: Part, check: (text: string) => string | null): string[] {
  const line = own.parts[part];
  if (line === undefined) return [];
  const gap = check(passageText(own.blocks.filter(({ scope }) => scope.part === part)));
  return gap === null ? [] : [`line ${line}: priority ${own.priority}: ${PARTS[part]} ${gap}`];
}

function problem(text: string, { operation, problem: said }: DataRecommendation): string | null {
  const known = typeof said === 'string' ? said : operation;
  if (names(known, operation) && !names(text, operation)) return `does not name ${operation}`;
  return hasFigure(known) && known !== operation && !hasFigure(text) ? 'gives no figure' : null;
}

function evidence({ trace_ids: ids = [] }: DataRecommendation, claims: readonly Claim[]): string | null {
  return ids.length === 0 || claims.some(({ kind }) => kind === 'trace') ? null : 'names no trace of the data';
}

const NO_SAVING = /\b(?:no|not|none|nothing|without)\b[^.]*\b(?:savings?|claim(?:ed)?|priced?|estimated?|amount)\b/iu;

function impact(text: string, { savings }: DataRecommendation, claims: readonly Claim[]): string | null {
  if (!savings) return NO_SAVING.test(text) ? null : 'does not say that no saving is claimed';
  const amounts = claims.flatMap((claim) => moneyIn(claim.text));
  return amounts.some((figure) => shows(figure, savings.expected))
    ? null
    : `lacks the saving of ${savings.expected} USD`;
}
