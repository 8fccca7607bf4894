import { withoutUnseen } from '../lib/unseen.ts';
import type { Block, Prose } from './markdown.ts';
import { isElsewhere } from './pictures.ts';

/** Tags that do nothing but what they say, without attributes. */
const PLAIN_TAG = /<\/?(?:br|details|summary|sub|sup|kbd)\s*\/?>|<details open>/giu;
const COMMENT = /<!--[\s\S]*?(?:-->|$)/gu;
const SCHEMES = /^(?:https?|mailto):/iu;

/**
 * What acts on whoever opens a report: HTML beyond the few tags that Markdown has no form for, pictures from elsewhere, and links that do
 * something else than open a page. In quotations, too: a page shows them as it shows the rest.
 */
export function activeContent(blocks: readonly Block[]): { line: number; what: string }[] {
  return blocks.flatMap((block) => {
    if (block.kind === 'code') return [];
    const { html = [], pictures = [], urls = [] } = block;
    return [
      ...faults('HTML', html, (text) => text.replace(COMMENT, '').replace(PLAIN_TAG, '').includes('<')),
      ...faults('a picture from elsewhere', pictures, (url) => isElsewhere(bare(url))),
      ...faults('a link that opens no page', urls, (url) => isElsewhere(bare(url)) && !isPage(bare(url))),
    ];
  });
}

/** As browsers read an address: without what they skip. */
function bare(url: string): string {
  return withoutUnseen(url).replace(/[\p{Cc}\s]/gu, '');
}

function isPage(url: string): boolean {
  return SCHEMES.test(url) || /^[/\\]{2}/u.test(url);
}

function faults(what: string, found: readonly Prose[], isFault: (text: string) => boolean) {
  return found
    .filter(({ text }) => isFault(text))
    .map(({ text, line }) => ({ line, what: `${what}: ${JSON.stringify(text.trim().slice(0, 60))}` }));
}
