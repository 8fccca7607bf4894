import { day, oneLine, usd } from '../../lib/format.ts';

/** What a message says of a run; null where the run did not come to it. */
export interface SlackReport {
  title: string;
  verdict: keyof typeof VERDICTS;
  /** ISO 8601. */
  window: { from: string; to: string };
  spendUsd: number | null;
  /** A month. */
  projectedSavingsUsd: number | null;
  /** The most important first; three are told. */
  recommendations: readonly { title: string; monthlySavingsUsd: number | null }[];
  /** http or https. */
  runUrl: string;
}

interface SlackText {
  type: 'mrkdwn';
  text: string;
  /** Slack makes no links and mentions of its own. */
  verbatim: true;
}

interface SlackBlock {
  type: 'section';
  text?: SlackText;
  fields?: SlackText[];
}

/** The body of an incoming webhook: `blocks` for Slack, `text` for its notifications and for those that know no blocks. */
export interface SlackBody {
  text: string;
  blocks: SlackBlock[];
  unfurl_links: false;
  unfurl_media: false;
}

/** Slack takes 3,000 characters in a section's text (Block Kit reference, 2026-11); three titles and their amounts stay below. */
const MAX_TITLE = 800;
const TOLD = 3;

const VERDICTS = { passed: 'Passed', failed: 'Failed', cancelled: 'Cancelled' } as const;

/**
 * A run as a message. Titles may come from traces: they are escaped, cut, and can neither mention anybody nor become links; the only link
 * is the run's.
 */
export function slackBody(report: SlackReport): SlackBody {
  const title = safeText(report.title, MAX_TITLE);
  const verdict = VERDICTS[report.verdict];
  const window = `${day(report.window.from)} to ${day(report.window.to)}`;
  const spend = amount(report.spendUsd);
  const savings = report.projectedSavingsUsd === null ? 'n/a' : `${usd(report.projectedSavingsUsd)} a month`;
  const advice = report.recommendations
    .slice(0, TOLD)
    .map(
      ({ title: what, monthlySavingsUsd }, i) => `${i + 1}. ${safeText(what, MAX_TITLE)} (${saved(monthlySavingsUsd)})`,
    );
  const blocks: SlackBlock[] = [
    { type: 'section', text: mrkdwn(`*${title}*`) },
    {
      type: 'section',
      fields: [
        mrkdwn(`*Verdict*\n${verdict}`),
        mrkdwn(`*Window*\n${window}`),
        mrkdwn(`*Spend*\n${spend}`),
        mrkdwn(`*Projected savings*\n${savings}`),
      ],
    },
  ];
  if (advice.length > 0) blocks.push({ type: 'section', text: mrkdwn(`*Recommendations*\n${advice.join('\n')}`) });
  blocks.push({ type: 'section', text: mrkdwn(`<${linkTarget(report.runUrl)}|Open the run>`) });
  return {
    text: `${title}: ${verdict.toLowerCase()}; ${window}, spend ${spend}, projected savings ${savings}`,
    blocks,
    unfurl_links: false,
    unfurl_media: false,
  };
}

function mrkdwn(text: string): SlackText {
  return { type: 'mrkdwn', text, verbatim: true };
}

function amount(value: number | null): string {
  return value === null ? 'n/a' : usd(value);
}

function saved(value: number | null): string {
  return value === null ? 'no savings projected' : `saves ${usd(value)} a month`;
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
/** Joins words without being seen; programs no longer read one. */
const WORD_JOINER = '\u2060';

/** Text on one line that a chat program takes as text only, at most `most` characters as it is sent. */
function safeText(text: string, most: number): string {
  const inert = oneLine(text)
    .replace(/@/gu, `@${WORD_JOINER}`)
    .replace(/:\/\//gu, `:${WORD_JOINER}//`)
    .replace(/\bwww\./giu, (www) => `${www.slice(0, -1)}${WORD_JOINER}.`)
    .replace(/\b(mailto|tel):/giu, `$1${WORD_JOINER}:`);
  let sent = '';
  for (const point of inert.trim()) {
    const next = ESCAPES[point] ?? point;
    if (sent.length + next.length > most - 1) return `${sent}…`;
    sent += next;
  }
  return sent;
}

/** The run's address inside `<…|…>`: what would end it is percent-encoded. */
function linkTarget(url: string): string {
  return new URL(url).href.replace(/[|<>]/gu, encodeURIComponent).replaceAll('&', '&amp;');
}
