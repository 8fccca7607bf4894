import type { Root } from 'hast';
import { RunbookError } from '../../lib/errors.ts';
import { xmlSafe } from '../charts/text.ts';
import {
  figureElements,
  groupPriorities,
  type Heading,
  inlineFigures,
  nameHeadings,
  shapeCode,
  shapeTables,
  takeTitle,
  tameLinks,
} from './decorate.ts';
import type { Figure } from './figures.ts';

/** Characters of a report; the largest real ones have a few hundred thousand. */
const MAX_MARKDOWN = 1_000_000;

export interface RenderedMarkdown {
  /** Safe HTML: no raw HTML of the source, only data-URI images, only http, https, mailto and local links. */
  html: string;
  /** The text of the first `#` heading, which is not in `html`. */
  title: string | undefined;
  /** h2 with their h3. */
  contents: Heading[];
}

/**
 * Markdown (GFM) as safe HTML with ids, inlined figures and shaped tables and code.
 * @param figures.load gives the figure of a path in the results dir
 * @param figures.extra are appended where the text does not show them
 * @throws RunbookError `tool_input` when the text is too large or too deeply nested
 */
export async function renderMarkdown(
  markdown: string,
  figures: { load: (path: string) => Figure | undefined; extra: { figure: Figure; alt: string }[] },
): Promise<RenderedMarkdown> {
  if (markdown.length > MAX_MARKDOWN) {
    throw new RunbookError('tool_input', `The report has ${markdown.length} characters; ${MAX_MARKDOWN} are the most.`);
  }
  try {
    const tree = await toSafeTree(xmlSafe(markdown));
    const title = takeTitle(tree);
    const contents = nameHeadings(tree);
    const shown = inlineFigures(tree, figures.load);
    tree.children.push(...figureElements(figures.extra.filter(({ figure }) => !shown.has(figure.path))));
    tameLinks(tree);
    shapeTables(tree);
    shapeCode(tree);
    groupPriorities(tree);
    const { unified } = await import('unified');
    const { default: rehypeStringify } = await import('rehype-stringify');
    return { html: unified().use(rehypeStringify).stringify(tree), title, contents };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new RunbookError('tool_input', 'The report nests quotes or lists too deeply to be rendered.', { cause });
  }
}

async function toSafeTree(markdown: string): Promise<Root> {
  const [{ unified }, { default: parse }, { default: gfm }, { default: toHtml }, { default: sanitize, defaultSchema }] =
    await Promise.all([
      import('unified'),
      import('remark-parse'),
      import('remark-gfm'),
      import('remark-rehype'),
      import('rehype-sanitize'),
    ]);
  const schema = {
    ...defaultSchema,
    protocols: { ...defaultSchema.protocols, href: ['http', 'https', 'mailto'], src: [] },
  };
  const pipeline = unified().use(parse).use(gfm).use(toHtml).use(sanitize, schema);
  return pipeline.run(pipeline.parse(markdown)) as Promise<Root>;
}
