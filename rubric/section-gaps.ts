import type { Artifacts } from './artifacts.ts';
import type { Claim } from './claim.ts';
import { projectedSavings, totalCost } from './expected.ts';
import { moneyIn, numbersIn, shows } from './figures.ts';
import { names, passageText, saysNothing } from './passage.ts';
import { plainFigures } from './plain-text.ts';
import { type Report, type ScopedBlock, SECTIONS, type SectionName } from './structure.ts';

/** What the sections are held against. */
export interface SectionInput {
  artifacts: Artifacts;
  claims: readonly Claim[];
  report: Report;
  /** The report as it was written. */
  text: string;
}

/** What sections do not say although the data have it. A section that is missing or empty is the outline's business. */
export function sectionGaps(input: SectionInput): string[] {
  const { report } = input;
  return SECTIONS.flatMap((name) => {
    const section = report.sections[name];
    if (!section || section.empty) return [];
    const blocks = report.blocks.filter((block) => block.scope.section === name);
    const gaps = isEmptyTalk(blocks) ? ['says nothing'] : (CHECKS[name]?.(blocks, input) ?? []);
    return gaps.map((gap) => `line ${section.line}: ${name} ${gap}`);
  });
}

function isEmptyTalk(blocks: readonly ScopedBlock[]): boolean {
  return !blocks.some(({ kind }) => kind === 'code' || kind === 'table') && saysNothing(passageText(blocks));
}

type Check = (blocks: readonly ScopedBlock[], input: SectionInput) => string[];

const CHECKS: Partial<Record<SectionName, Check>> = {
  'Executive Summary': executive,
  'High-Variance Investigation': variance,
  Recommendations: ranking,
  Appendix: appendix,
};

function executive(blocks: readonly ScopedBlock[], { artifacts, claims, report }: SectionInput): string[] {
  const text = passageText(blocks);
  const stated = figuresOf(claims, 'Executive Summary');
  const { project, spans } = artifacts;
  const days = project.value?.window.days;
  const savings = projectedSavings(artifacts)?.expected;
  const gaps = [
    ...(days === undefined || isLength(text, days) ? [] : [`does not say that the window has ${days} days`]),
    ...(project.value && !stated.some((f) => shows(f, project.value.generations)) ? ['lacks the generations'] : []),
    ...(spans.value && !stated.some((f) => shows(f, totalCost(artifacts))) ? ['lacks the total cost'] : []),
    ...(savings !== undefined && !stated.some((f) => shows(f, savings)) ? ['lacks the projected savings'] : []),
    ...(savings !== undefined ? otherPeriods(text, savings) : []),
  ];
  const titles = topTitles(artifacts, report).filter((either) => !either.some((title) => names(text, title)));
  return [...gaps, ...titles.map(([title]) => `does not list the top finding ${JSON.stringify(title)}`)];
}

function figuresOf(claims: readonly Claim[], section: SectionName) {
  const own = claims.filter(({ file, scope }) => file === 'recommendations.md' && scope.section === section);
  return own
    .filter(({ status }) => status === 'verified')
    .flatMap(({ text }) => [...moneyIn(text), ...numbersIn(text)]);
}

function isLength(text: string, days: number): boolean {
  const lengths = plainFigures(text).matchAll(/(?<![\d.,])(\d[\d,.]*)[\s-]?days?\b/gu);
  return [...lengths].some(([, figure = '']) => numbersIn(figure).some((found) => shows(found, days)));
}

const OTHER_PERIOD =
  /\b(?:annual|yearly|weekly|daily|quarterly)\W+(?:\w+\W+){0,2}savings?\b|\bsavings?\W+(?:\w+\W+){0,2}(?:a|per|each|every) (?:year|week|day|quarter)\b/iu;

/** The data give savings a month: the same figure for another time is another claim. */
export function otherPeriods(text: string, savings: number): string[] {
  const lines = text.split('\n').filter((line) => OTHER_PERIOD.test(line));
  const wrong = lines.some((line) => moneyIn(plainFigures(line)).some((figure) => shows(figure, savings)));
  return wrong ? ['gives the monthly savings for another period'] : [];
}

/** How many findings stand at the top. */
const TOP = 3;

/** The titles of the first recommendations, each as the data and as the report have it. */
export function topTitles({ recommendations }: Artifacts, report?: Report): string[][] {
  const list = recommendations.value?.recommendations.slice(0, TOP) ?? [];
  return list.flatMap(({ title }, index) => {
    const own = report?.recommendations[index]?.title;
    return typeof title === 'string' ? [own === undefined ? [title] : [title, own]] : [];
  });
}

function variance(blocks: readonly ScopedBlock[], { artifacts }: SectionInput): string[] {
  const [dearest] = Object.keys(artifacts.variance.value ?? {});
  const text = [passageText(blocks), ...blocks.flatMap((b) => (b.kind === 'heading' ? [b.text] : []))].join('\n');
  return dearest === undefined || names(text, dearest) ? [] : [`does not name ${dearest}`];
}

const RANKED = /\branked\b[^.:;]*?\bby\b([^.:;]*)/giu;
const BASIS = /\b(?:impact|savings?|costs?|spend|severity|ease|effort|priority|value|benefit)\b/iu;

/** Recommendations are ranked by what the data say of them. */
function ranking(blocks: readonly ScopedBlock[]): string[] {
  const lead = passageText(blocks.filter(({ scope }) => scope.priority === null));
  const bases = [...lead.matchAll(RANKED)].map(([, basis = '']) => basis.trim());
  return bases.flatMap((basis) => (BASIS.test(basis) ? [] : [`is not ranked by ${JSON.stringify(basis)}`]));
}

/** The tables that every other figure of a report comes from. */
const SOURCES = ['data/metrics_by_span.csv', 'data/findings.json', 'data/recommendations.json'];
/** A text that was cut off ends in the middle of a word. */
const WHOLE = /(?:\n|[.!?:;)\]}>|`"'*_~-])\s*$/u;

function appendix(blocks: readonly ScopedBlock[], { artifacts, text: written }: SectionInput): string[] {
  const text = passageText(blocks);
  const absent = SOURCES.filter((file) => !text.includes(file));
  const uncounted = artifacts.project.value?.calls_without_cost;
  const counts = numbersIn(plainFigures(text));
  return [
    ...(WHOLE.test(written) ? [] : ['is cut off']),
    ...(absent.length > 0 ? [`does not name ${absent.join(', ')}`] : []),
    ...(typeof uncounted === 'number' && !counts.some((figure) => shows(figure, uncounted))
      ? [`does not say that ${uncounted} calls have no recorded cost`]
      : []),
  ];
}
