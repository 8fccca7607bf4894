import type { Root } from 'hast';
import { RunbookError } from '../../lib/errors.ts';
import { withinTime } from '../../lib/within-time.ts';
import { xmlSafe } from '../charts/text.ts';
import {
  figureElements,
  groupPriorities,
  type Heading,
  inlineFigures,
  nameHeadings,
  nameLines,
  shapeCode,
  shapeTables,
  takeTitle,
  tameLinks,
} from './decorate.ts';
import type { Figure } from './figures.ts';

/** Characters of a report; the largest real ones have a few hundred thousand. */
const MAX_MARKDOWN = 1_000_000;
const RENDER_MS = 30_000;

export interface RenderedMarkdown {
  /** Safe HTML: no raw HTML of the source, only figures as images, only http, https, mailto and local links. */
  html: string;
  /** The text of the first `#` heading, which is not in `html`. */
  title: string | undefined;
  /** h2 with their h3. */
  contents: Heading[];
}

/** How a page shows a text. */
export interface MarkdownOptions {
  /** The figure of a path in the results dir. */
  load(path: string): Figure | undefined;
  /** Appended where the text does not show them. */
  extra?: { figure: Figure; alt: string }[];
  /** Where a file of the results dir is found, undefined for nowhere; default: beside the page. */
  place?: ((file: string) => string | undefined) | undefined;
  /** Anchors `L1`, `L2` … for the lines of the text. */
  lines?: boolean;
  /** Of the ids of headings; default: none. */
  prefix?: string;
  /** The longest that it may take; default: what the largest real report takes on a slow machine. */
  ms?: number;
}

/**
 * Markdown (GFM) as safe HTML with ids, figures and shaped tables and code.
 * @throws RunbookError `tool_input` when the text is too large or too deeply nested, `usage` when it takes too long
 */
export async function renderMarkdown(
  markdown: string,
  { load, extra = [], place, lines = false, prefix, ms = RENDER_MS }: MarkdownOptions,
): Promise<RenderedMarkdown> {
  if (markdown.length > MAX_MARKDOWN) {
    throw new RunbookError('tool_input', `The report has ${markdown.length} characters; ${MAX_MARKDOWN} are the most.`);
  }
  const { toSafeTree, toText } = await processors();
  try {
    return withinTime(ms, 'The text', () => {
      const tree = toSafeTree(xmlSafe(markdown));
      const title = takeTitle(tree);
      const contents = nameHeadings(tree, prefix);
      const shown = inlineFigures(tree, load);
      tree.children.push(...figureElements(extra.filter(({ figure }) => !shown.has(figure.path))));
      tameLinks(tree, place);
      shapeTables(tree);
      shapeCode(tree);
      groupPriorities(tree);
      if (lines) nameLines(tree);
      return { html: toText(tree), title, contents };
    });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new RunbookError('tool_input', 'The report nests quotes or lists too deeply to be rendered.', { cause });
  }
}

async function processors() {
  const [{ unified }, { default: parse }, { default: gfm }, { default: toHtml }, { default: sanitize, defaultSchema }] =
    await Promise.all([
      import('unified'),
      import('remark-parse'),
      import('remark-gfm'),
      import('remark-rehype'),
      import('rehype-sanitize'),
    ]);
  const { default: rehypeStringify } = await import('rehype-stringify');
  const schema = {
    ...defaultSchema,
    protocols: { ...defaultSchema.protocols, href: ['http', 'https', 'mailto'], src: [] },
  };
  const pipeline = unified().use(parse).use(gfm).use(toHtml).use(sanitize, schema);
  return {
    toSafeTree: (markdown: string) => pipeline.runSync(pipeline.parse(markdown)) as Root,
    toText: (tree: Root) => unified().use(rehypeStringify).stringify(tree),
  };
}
