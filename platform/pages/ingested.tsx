import type { PlatformRun } from '../store/run-row.ts';

/** Characters of a value that are shown. */
const SHOWN = 20_000;

/** A run that somebody else performed: what was told of it. Nothing of it was checked. */
export function Ingested({ run: { ingested, initParams } }: { run: PlatformRun }) {
  if (!ingested) return null;
  const { source, evalId, metadata, output } = ingested;
  const about = { ...(evalId === null ? {} : { eval_id: evalId }), ...metadata };
  return (
    <>
      <p class="notice">It was performed elsewhere{source && <> by {source}</>}, and nothing of it was checked here.</p>
      <Value title="Input" value={initParams} />
      <Value title="Output" value={output} />
      {Object.keys(about).length > 0 && <Value title="More" value={about} />}
    </>
  );
}

function Value({ title, value }: { title: string; value: unknown }) {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  return (
    <section>
      <h2>{title}</h2>
      <pre>{text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text}</pre>
    </section>
  );
}
