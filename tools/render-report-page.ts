import { z } from 'zod';
import { RunbookError } from '../lib/errors.ts';
import { count, day, usd } from '../lib/format.ts';
import { figurePath, loadFigure } from './report-page/figures.ts';
import { renderMarkdown } from './report-page/markdown.ts';
import { type Card, renderPage } from './report-page/page.ts';
import { defineTool, type ToolContext } from './tool.ts';

const input = z.strictObject({
  markdown: z.string().regex(/\.md$/u, 'must be a Markdown artifact, such as recommendations.md'),
  figures: z
    .array(z.strictObject({ path: z.string(), alt: z.string() }))
    .max(100)
    .default([])
    .describe('Figures to show at the end where the text does not show them'),
  cards: z
    .array(z.strictObject({ label: z.string().max(80), value: z.string().max(80) }))
    .max(8)
    .optional()
    .describe("Key figures for the header; left out, the run's own totals are shown"),
  save_as: z
    .string()
    .regex(/\.html$/u, 'must end in .html')
    .default('report.html'),
  title: z.string().min(1).max(300),
});

/** The header's figures where none are given: facts by id, shown where they are known. */
const CARD_FACTS: { fact: string; label: string; format: (value: number) => string }[] = [
  { fact: 'totals.calls', label: 'Generations analyzed', format: count },
  { fact: 'totals.cost_usd', label: 'Total cost', format: usd },
  { fact: 'totals.monthly_spend_usd', label: 'Spend per month', format: usd },
  { fact: 'totals.savings_expected', label: 'Projected monthly savings', format: usd },
];

export const renderReportPage = defineTool({
  name: 'render_report_page',
  description:
    'Turns a Markdown artifact into one self-contained HTML page: figures inlined, table of contents, key figures, light and dark, printable, no script and nothing loaded from elsewhere. Raw HTML and images that are no figures are dropped. Example: {"markdown": "recommendations.md", "title": "PostHog LLM Trace Analysis", "save_as": "report.html"}',
  input,
  output: z.object({
    saved_as: z.string(),
    bytes: z.number(),
    figures: z.array(z.string()),
    sections: z.array(z.string()),
  }),
  writes: 'own artifacts',
  asks: 'artifacts',
  async run(request, context) {
    const { results } = context;
    if (!results.exists(request.markdown)) {
      throw new RunbookError('tool_input', `There is no artifact ${request.markdown}.`, {
        at: 'markdown',
        hint: 'Write it first.',
      });
    }
    const shown = new Set<string>();
    const load = (path: string) => {
      const figure = loadFigure(results, path);
      if (figure) shown.add(path);
      return figure;
    };
    const extra = request.figures.map(({ path, alt }) => ({ figure: required(path, load), alt }));
    const { html, title, contents } = await renderMarkdown(results.readText(request.markdown), { load, extra });
    const page = renderPage({
      title: request.title,
      heading: title ?? request.title,
      window: { from: day(context.window.from), to: day(context.window.to) },
      cards: request.cards ?? factCards(context),
      contents,
      body: html,
    });
    await results.write(request.save_as, page);
    return {
      saved_as: request.save_as,
      bytes: Buffer.byteLength(page),
      figures: [...shown].sort(),
      sections: contents.map(({ text }) => text),
    };
  },
});

function required<T>(path: string, load: (path: string) => T | undefined): T {
  const normal = figurePath(path);
  const figure = normal === undefined ? undefined : load(normal);
  if (figure === undefined) {
    throw new RunbookError('tool_input', `There is no figure ${path}.`, {
      at: 'figures',
      hint: 'Draw it with render_chart, and name it figures/NAME.svg or figures/NAME.png.',
    });
  }
  return figure;
}

function factCards(context: ToolContext): Card[] {
  const facts = context.facts.all();
  return CARD_FACTS.flatMap(({ fact, label, format }) => {
    const value = facts[fact]?.value;
    return typeof value === 'number' ? [{ label, value: format(value) }] : [];
  });
}
