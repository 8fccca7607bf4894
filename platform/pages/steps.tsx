import type { Runbook, Step } from '../../agent/runbook/manifest.ts';
import { prose } from './prose.tsx';

/** The facts of a runbook on one line. */
export function Badges({ facts }: { facts: Record<string, string | number | null | undefined> }) {
  const known = Object.entries(facts).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return (
    <ul class="badges">
      {known.map(([name, value]) => (
        <li>
          <span>{name}</span>
          <b>{value}</b>
        </li>
      ))}
    </ul>
  );
}

export function badgesOf({ manifest, steps }: Runbook) {
  const { agent, model, snapshot, evaluation, version } = manifest;
  return { agent, model, snapshot, eval: evaluation, steps: steps.length, version: `v${version}` };
}

/** Each step as a card that opens; template variables stay as they are. */
export async function ShapeOfTheRun({ runbook }: { runbook: Runbook }) {
  const steps = await Promise.all(
    runbook.steps.map(async (step) => ({ step, html: await markdown(step.body, runbook.digest) })),
  );
  return (
    <section>
      <h2>The shape of the run</h2>
      <p class="muted">{steps.length} steps, start to finish.</p>
      <ol class="steps">
        {steps.map(({ step, html }) => (
          <li>
            <details>
              <summary>
                <span class="n">{step.number}</span>
                <b>{step.title}</b>
                {step.gate && <span class="state">gate</span>}
              </summary>
              <div class="body report">
                {html}
                <StepFacts step={step} />
              </div>
            </details>
          </li>
        ))}
      </ol>
    </section>
  );
}

function StepFacts({ step: { tools, outputs } }: { step: Step }) {
  const names = (list: string[]) => list.map((name, at) => [at > 0 ? ', ' : '', <code>{name}</code>]);
  return (
    <p>
      <small>
        {tools.length > 0 && <>Tools: {names(tools)}. </>}
        {outputs.length > 0 && <>Writes: {names(outputs)}.</>}
      </small>
    </p>
  );
}

/** Steps of the runbook that ships with the program are rendered once; others as well while there is room. */
const rendered = new Map<string, ReturnType<typeof prose>>();
const MOST_RENDERED = 200;
const MOST_KEPT = 50_000;

function markdown(body: string, digest: string): ReturnType<typeof prose> {
  const key = `${digest}\n${body}`;
  const known = rendered.get(key) ?? prose(body);
  if (rendered.size < MOST_RENDERED && body.length < MOST_KEPT) rendered.set(key, known);
  return known;
}
