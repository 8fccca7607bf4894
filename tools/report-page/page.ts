import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { RunbookError } from '../../lib/errors.ts';
import { packageRoot } from '../../lib/package-root.ts';
import { renderTemplate } from '../../lib/templates.ts';
import { escapeXml } from '../charts/text.ts';
import type { Heading } from './decorate.ts';

export interface Card {
  label: string;
  value: string;
}

export interface Page {
  /** The browser tab's title. */
  title: string;
  heading: string;
  /** UTC days, `YYYY-MM-DD`. */
  window: { from: string; to: string };
  cards: Card[];
  contents: Heading[];
  /** Safe HTML. */
  body: string;
}

const TEMPLATE = 'templates/report.html.hbs';

/**
 * The page as one HTML file that loads nothing. Its policy allows data images and exactly the template's own style sheet.
 * @throws RunbookError `runbook_invalid` when the template does not render
 */
export function renderPage(page: Page): string {
  const template = readFileSync(path.join(packageRoot(), TEMPLATE), 'utf8');
  const style = /<style>([\s\S]*?)<\/style>/u.exec(template)?.[1];
  if (style === undefined || style.includes('{{')) {
    throw new RunbookError('runbook_invalid', `${TEMPLATE} must hold one fixed <style>.`, { at: TEMPLATE });
  }
  const styleHash = createHash('sha256').update(style).digest('base64');
  const helpers = { html: (text: unknown) => escapeXml(String(text ?? '')) };
  return renderTemplate(template, { ...page, style_hash: styleHash }, { name: TEMPLATE, helpers });
}
