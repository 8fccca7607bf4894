import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Fault, inLine, inserted, inText, otherDigit, REPORT, readText, SUMMARY } from './fault.ts';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/u;
const AMOUNT = /\$\d[\d,]*\.\d+/u;
const ROW = /^\| `/u;
const HEADINGS =
  /^## (?:Executive Summary|Cost Analysis|Failure-Mode Analysis|Recommendations)$|^#### (?:The Problem|Why It Matters|Evidence)$/gmu;

const false_ = (kind: string, sentence: string) => inserted(`false sentence: ${kind}`, HEADINGS, sentence);

/** Figures, ids, names and dates that are not those of the data. */
export const FIGURES: readonly Fault[] = [
  inLine('one digit of a trace id', UUID, (line) =>
    line.replace(UUID, (id) => id.slice(0, -1) + (id.endsWith('0') ? '1' : '0')),
  ),
  inserted('an invented trace id', HEADINGS, 'See also trace `3f9c1d52-7b84-4e06-9a6d-2c5e8b7a1f43`.'),
  inLine('a changed amount', AMOUNT, (line) => line.replace(AMOUNT, otherDigit)),
  inLine('an amount ten times as large', AMOUNT, (line) => line.replace(AMOUNT, (amount) => `$1${amount.slice(1)}`)),
  inLine('an amount in another currency', AMOUNT, (line) => line.replace(AMOUNT, (amount) => amount.replace('$', '€'))),
  inLine('a negative amount', /\| \$[1-9]/u, (line) => line.replace(/\| \$(?=[1-9])/u, '| -$')),
  inLine('an amount left out of its cell', /\| \$\d[\d,.]* \|/u, (line) => line.replace(/\| \$\d[\d,.]* \|/u, '| |')),
  inLine('a changed percentage', /[1-9]\d?\.\d%/u, (line) => line.replace(/[1-9]\d?\.\d(?=%)/u, otherDigit)),
  inLine('a changed count of calls', /^\| `[^|]*\| [\d,]+ \|/u, (line) =>
    line.replace(/(?<=^\| `[^|]*\| )[\d,]+(?= \|)/u, otherDigit),
  ),
  inLine('a changed count of tokens', /\d{1,3},\d{3},\d{3}/u, (line) =>
    line.replace(/\d{1,3},\d{3},\d{3}/u, otherDigit),
  ),
  inLine('a changed latency', /\d\.\d\d s \|/u, (line) => line.replace(/\d\.\d\d(?= s \|)/u, otherDigit)),
  inLine('seconds as milliseconds', /\d s \|/u, (line) => line.replace(/(?<=\d) s \|/u, ' ms |')),
  inLine('another year', /\*\*Window:\*\*/u, (line) => line.replace(/20\d\d/u, '2019')),
  inLine('an invented model', /\*\*Models in use:\*\*/u, (line) => line.replace(/`[^`]+`/u, '`gpt-9-ultra`')),
  inLine('an invented operation', ROW, (line) => line.replace(/`[^`]+`/u, '`ghost_operation`')),
  inLine('a changed frequency', /\d+ of \d+ sampled traces/u, (line) =>
    line.replace(
      /(\d+) of (\d+)(?= sampled)/u,
      (_all, seen: string, of: string) => `${Number(of) - Number(seen) + 1} of ${of}`,
    ),
  ),
  inLine('a frequency above the sample size', /\d+ of \d+ sampled traces/u, (line) =>
    line.replace(/\d+(?= of \d+ sampled)/u, '99'),
  ),
  inLine('savings above the cost', /a month \(95 percent interval/u, (line) =>
    line.replace(/^\$[\d.,]+/u, '$98,765.43'),
  ),
  inLine('a total that no longer adds up', /^\| \| \*\*Total\*\*/u, (line) => line.replace(AMOUNT, otherDigit)),
  inLine('a comparison turned round', /\*\*Target:\*\*.*(?:above|below) /u, (line) =>
    line.replace(/above|below/u, (word) => (word === 'above' ? 'below' : 'above')),
  ),
  inLine('another baseline', /\*\*Baseline:\*\*.*\d/u, otherDigit),
  inLine('another validation period', /\*\*Validation period:\*\*/u, (line) => line.replace(/\d+(?= days)/u, '99')),
  false_('an amount', 'In all, $777.77 were lost to it.'),
  false_('an amount in words', 'In all, seven hundred dollars were lost to it.'),
  false_('USD before the amount', 'In all, USD 777.77 were lost to it.'),
  false_('a count', '41,277 calls failed without a retry.'),
  false_('a count in words', 'Twelve thousand calls failed without a retry.'),
  false_('full-width digits', '４１２７７ calls failed without a retry.'),
  false_('a percentage', '61.3% of the calls failed without a retry.'),
  false_('a percentage in words', '61.3 percent of the calls failed without a retry.'),
  false_('a latency', 'The p95 latency is 77.7 seconds.'),
  false_('a date', 'The fault began on 2 January 2019.'),
  false_('a model', 'All of it runs on `gpt-9-ultra`.'),
  false_('tokens', 'A prompt has 77,777 tokens.'),
  false_('a ratio', 'It costs 37.5× the median.'),
  inText('a sum of two operations that is none', REPORT, (text) => {
    const [first, second] = [...text.matchAll(/^\| `([^`]+)` \| \$[\d.]+ \| [\d,]+ \|/gmu)].map((match) => match[1]);
    return (
      second &&
      text.replace(
        '\n## Cost Analysis\n',
        `\n## Cost Analysis\n\n\`${first}\` and \`${second}\` together cost $1,234.56.\n`,
      )
    );
  }),
  inText('the cost of one operation said of another', REPORT, (text) => {
    const rows = [...text.matchAll(/^\| `([^`]+)` \| (\$\d[\d.]*) \| [\d,]+ \|/gmu)];
    const [[, , cost = ''] = [], [, name = ''] = []] = rows;
    return (
      name && text.replace('\n## Cost Analysis\n', `\n## Cost Analysis\n\n\`${name}\` cost ${cost} in the window.\n`)
    );
  }),
  inText('summary: total cost', SUMMARY, (text) => text.replace(/(?<=\| Total cost \| )\$[\d.,]+/u, otherDigit)),
  inText('summary: generations', SUMMARY, (text) =>
    text.replace(/(?<=\| Generations analyzed \| )[\d,]+/u, otherDigit),
  ),
  inText('summary: savings', SUMMARY, (text) =>
    text.replace(/(?<=\| Projected monthly savings \| )\$[\d.,]+/u, '$98,765.43'),
  ),
  inText('summary: range of the savings', SUMMARY, (text) => text.replace(/(?<= to )\$[\d.,]+(?=\))/u, '$98,765.43')),
  inText('summary: window', SUMMARY, (text) => text.replace(/(?<=\| Window \| )20\d\d/u, '2019')),
  inText('summary: of another project', SUMMARY, () => '# Summary\n\nAll is well.\n'),
  {
    kind: 'a proof of its own making',
    apply(dir, random) {
      const proof = { trace_id: 'order-flow-77121-abcdef', lost_usd: 777.77, calls: 41_277, share: 0.613 };
      const own = inText('', 'data/notes.json', () => JSON.stringify(proof));
      const lie = inserted('', HEADINGS, 'Trace `order-flow-77121-abcdef` alone lost $777.77 in 41,277 calls.');
      writeNew(dir, 'data/notes.json');
      return own.apply(dir, random) && lie.apply(dir, random) && readText(dir, REPORT).includes('777.77');
    },
  },
];

function writeNew(dir: string, file: string): void {
  writeFileSync(path.join(dir, file), '{}');
}
