import type { PriceTable } from '../../analysis/pricing/table.ts';
import { RunbookError } from '../../lib/errors.ts';
import { type CachedTable, readCachedTable, writeCachedTable } from './cache.ts';
import { loadEmbeddedTable } from './embedded.ts';
import { ofProviders } from './entries.ts';
import { fetchTable, publicUrl } from './live.ts';

/** A copy younger than this is used without asking the server. */
const MAX_AGE_MS = 24 * 3_600_000;

/** For the connection and for each pause of the answer. */
const TIMEOUT_MS = 5_000;

export interface LoadOptions {
  url: URL;
  cacheDir: string;
  providers: readonly string[];
  signal: AbortSignal;
  now?: Date;
  timeoutMs?: number;
  maxBytes?: number;
}

export interface LoadedPrices {
  source: 'live' | 'cache' | 'embedded';
  /** Entries of the listed providers. */
  table: PriceTable;
  /** ISO time at which the table was known to be the newest; for the embedded table the date of its newest dated price. */
  asOf: string | null;
  etag: string | null;
  /** Where the prices come from, as a sentence for the report. */
  note: string;
  /** Entries of these providers that were left out because their shape or price cannot be right. */
  skipped: number;
}

/**
 * The price table: the live one, a copy of it younger than a day, an older copy, or the embedded table, in that order. Never
 * fails for want of a network; the note says what was used instead, and why.
 * @throws RunbookError `interrupted`
 */
export async function loadPrices(options: LoadOptions): Promise<LoadedPrices> {
  const { url, cacheDir, providers, now = new Date() } = options;
  const cached = await readCachedTable(cacheDir, url);
  const age = cached ? now.getTime() - Date.parse(cached.checked_at) : Number.POSITIVE_INFINITY;
  if (cached && age >= 0 && age < MAX_AGE_MS) {
    return fromCache(
      cached,
      providers,
      `Prices are from the copy of ${publicUrl(url)} of ${minute(cached.checked_at)}.`,
    );
  }
  try {
    return await fromLive(options, cached, now);
  } catch (error) {
    if (!(error instanceof RunbookError) || error.code === 'interrupted') throw error;
    const failed = `The live price table could not be read (${error.message})`;
    if (cached) {
      return fromCache(
        cached,
        providers,
        `${failed}; prices are from the copy of ${minute(cached.checked_at)}, which may be out of date.`,
      );
    }
    return fromEmbedded(providers, now, failed);
  }
}

async function fromLive(options: LoadOptions, cached: CachedTable | null, now: Date): Promise<LoadedPrices> {
  const { url, cacheDir, providers, signal, timeoutMs = TIMEOUT_MS, maxBytes } = options;
  const answer = await fetchTable(url, {
    etag: cached?.etag ?? null,
    timeoutMs,
    signal,
    ...(maxBytes === undefined ? {} : { maxBytes }),
  });
  const checked_at = now.toISOString();
  const fresh: CachedTable =
    answer === 'unchanged' && cached ? { ...cached, checked_at } : toCached(answer, checked_at);
  await writeCachedTable(cacheDir, url, fresh);
  const unchanged = answer === 'unchanged' ? `, unchanged since ${minute(fresh.fetched_at)}` : '';
  const note = `Prices are LiteLLM's of ${minute(checked_at)}${unchanged}.`;
  return { ...fromCache(fresh, providers, note), source: 'live' };
}

function toCached(answer: Awaited<ReturnType<typeof fetchTable>>, at: string): CachedTable {
  // A server may only say "unchanged" when it was asked about a copy.
  if (answer === 'unchanged')
    throw new RunbookError('bad_response', 'HTTP 304 without a copy at hand', { status: 304 });
  const { etag, skipped, table } = answer;
  return { etag, skipped, fetched_at: at, checked_at: at, table: table as CachedTable['table'] };
}

function fromCache(cached: CachedTable, providers: readonly string[], note: string): LoadedPrices {
  const { etag, checked_at: asOf } = cached;
  const { table, skipped } = ofProviders(cached, providers);
  const left = skipped > 0 ? ` ${skipped} of its entries have no believable price and were left out.` : '';
  const none = Object.keys(table).length === 0 ? ` It holds no price of ${providers.join(', ')}.` : '';
  return { source: 'cache', table, asOf, etag, note: `${note}${left}${none}`, skipped };
}

async function fromEmbedded(providers: readonly string[], now: Date, failed: string): Promise<LoadedPrices> {
  const { table, asOf, label } = await loadEmbeddedTable(providers, now);
  const dated = asOf ? `, whose newest dated price is of ${asOf.slice(0, 10)}` : '';
  const note = `${failed}; prices are from the table that ships with this version (${label}${dated}). Models that it does not know stay unpriced.`;
  return { source: 'embedded', table, asOf, etag: null, note, skipped: 0 };
}

function minute(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}
