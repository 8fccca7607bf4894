import { html } from 'hono/html';
import type { Child } from 'hono/jsx';
import type { PageContext } from './session.ts';

export interface Crumb {
  text: string;
  href?: string;
}

interface PageProps {
  title: string;
  crumbs?: Crumb[];
  /** Of the collection or the task that the page belongs to. */
  tabs?: { text: string; href: string; current: boolean }[];
  /** Paths of ours. */
  scripts?: string[];
  /** Where there are no scripts, the page loads itself anew so often. */
  refreshS?: number;
  children: Child;
}

/** Answers with a page. */
export function page(
  c: PageContext,
  props: PageProps,
  status: 200 | 400 | 401 | 403 | 404 | 429 | 500 | 503 | 507 = 200,
) {
  return c.html(html`<!doctype html>${<Page {...props} c={c} />}`, status);
}

function Page({ c, title, crumbs = [], tabs = [], scripts = [], refreshS, children }: PageProps & { c: PageContext }) {
  const token = c.get('token');
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title === 'Runbooks' ? title : `${title} · Runbooks`}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/assets/style.css" />
        {refreshS !== undefined && (
          <noscript>
            <meta http-equiv="refresh" content={String(refreshS)} />
          </noscript>
        )}
        {[...(token ? ['/assets/keys.js'] : []), ...scripts].map((script) => (
          <script src={script} type="module" />
        ))}
      </head>
      <body>
        <a class="skip" href="#main">
          To the content
        </a>
        <header class="bar">
          <nav aria-label="Place">
            <ol class="crumbs">
              <li>
                <a href="/">Runbooks</a>
              </li>
              {crumbs.map(({ text, href }) => (
                <li>{href === undefined ? <span aria-current="page">{text}</span> : <a href={href}>{text}</a>}</li>
              ))}
            </ol>
          </nav>
          {token && (
            <form method="post" action="/logout" class="who">
              <Csrf c={c} />
              <span title={`${token.prefix}…`}>{token.name}</span>
              <button type="button" class="quiet" data-help="" hidden>
                Keys
              </button>
              <button type="submit" class="quiet">
                Log out
              </button>
            </form>
          )}
        </header>
        {tabs.length > 0 && (
          <nav class="tabs" aria-label="Pages">
            {tabs.map(({ text, href, current }) => (
              <a href={href} {...(current ? { 'aria-current': 'page' as const } : {})}>
                {text}
              </a>
            ))}
          </nav>
        )}
        <main id="main">{children}</main>
        {token && <KeyHelp />}
      </body>
    </html>
  );
}

const KEYS = {
  j: 'To the next row of a list',
  k: 'To the row before',
  Enter: 'Open it',
  '?': 'This help',
  Esc: 'Close it',
};

/** What keys do (assets/keys.js), and the choice to have none: speech and slips of the hand press letters as well. */
function KeyHelp() {
  return (
    <dialog id="keys" aria-labelledby="keys-title">
      <form method="dialog">
        <h2 id="keys-title">Keys</h2>
        <dl>
          {Object.entries(KEYS).map(([key, text]) => (
            <>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{text}</dd>
            </>
          ))}
        </dl>
        <label class="check">
          <input type="checkbox" /> Letters are keys
        </label>
        <div class="actions">
          <button type="submit">Close</button>
        </div>
      </form>
    </dialog>
  );
}

/** The hidden field that every form has. */
export function Csrf({ c }: { c: PageContext }) {
  return <input type="hidden" name="csrf" value={c.get('csrf')} />;
}

/** Why a form was not taken; nothing where it was not sent yet. */
export function FormError({ text }: { text: string | undefined }) {
  return text ? (
    <p class="error" role="alert">
      {text}
    </p>
  ) : null;
}

interface RowFormProps {
  c: PageContext;
  here: string;
  /** The hidden field that says which row is meant. */
  field: 'id' | 'name';
  value: string;
  /** What is done, as the form says it and as the button does. */
  action: string;
  text: string;
  /** What the row is called. */
  name: string;
}

/** The button of a row that takes it away. */
export function RowForm({ c, here, field, value, action, text, name }: RowFormProps) {
  return (
    <form method="post" action={here}>
      <Csrf c={c} />
      <input type="hidden" name={field} value={value} />
      <button type="submit" name="do" value={action} class="danger" aria-label={`${text} ${name}`}>
        {text}
      </button>
    </form>
  );
}

/** A page that says why there is no other. */
export function problemPage(c: PageContext, status: 400 | 401 | 403 | 404 | 429 | 500 | 503 | 507, text: string) {
  const title = status === 404 ? 'Not found' : status >= 500 ? 'The server failed' : 'Not possible';
  return page(
    c,
    {
      title,
      children: (
        <section class="narrow">
          <h1>{title}</h1>
          <p>{text}</p>
          <p>
            <a href="/">To the collections</a>
          </p>
        </section>
      ),
    },
    status,
  );
}

/** A table in a frame of its own, which scrolls where it is too wide: by keys as well. */
export function Table({ of, kind = '', children }: { of: string; kind?: string; children?: Child }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is of a form
    <div class={`table ${kind}`.trim()} role="group" aria-label={of} tabindex={0}>
      <table>{children}</table>
    </div>
  );
}

/** An instant as HTML, in UTC to the minute. */
export function Time({ at }: { at: Date | null }) {
  if (!at) return <span class="muted">–</span>;
  const iso = at.toISOString();
  return <time dateTime={iso}>{`${iso.slice(0, 10)} ${iso.slice(11, 16)}`}</time>;
}
