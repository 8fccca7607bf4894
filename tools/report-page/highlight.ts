import type { ElementContent } from 'hast';

const KEYWORDS =
  'and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield|None|True|False';

/** Comment, string (one line or triple-quoted), keyword, number: in the order in which Python reads them. */
const TOKEN = new RegExp(
  [
    '(?<comment>#[^\\n]*)',
    '(?<string>[rbfRBF]{0,2}(?:"""[^]*?(?:"""|$)|\'\'\'[^]*?(?:\'\'\'|$)|"(?:\\\\.|[^"\\\\\\n])*"?|\'(?:\\\\.|[^\'\\\\\\n])*\'?))',
    `(?<keyword>\\b(?:${KEYWORDS})\\b)`,
    '(?<number>\\b\\d[\\d_]*(?:\\.\\d+)?(?:e[+-]?\\d+)?\\b)',
    '(?<name>[A-Za-z_]\\w*)',
  ].join('|'),
  'g',
);

/** Python source as text and spans of class `comment`, `string`, `keyword`, `number`; the text itself is unchanged. */
export function highlightPython(source: string): ElementContent[] {
  const nodes: ElementContent[] = [];
  let plain = '';
  let end = 0;
  const flush = (): void => {
    if (plain !== '') nodes.push({ type: 'text', value: plain });
    plain = '';
  };
  for (const match of source.matchAll(TOKEN)) {
    plain += source.slice(end, match.index);
    end = match.index + match[0].length;
    const kind = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined)?.[0] ?? 'name';
    if (kind === 'name') {
      plain += match[0];
      continue;
    }
    flush();
    const children: ElementContent[] = [{ type: 'text', value: match[0] }];
    nodes.push({ type: 'element', tagName: 'span', properties: { className: [kind] }, children });
  }
  plain += source.slice(end);
  flush();
  return nodes;
}
