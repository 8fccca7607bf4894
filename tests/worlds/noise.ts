import { type Clock, moments } from './clock.ts';
import type { Stored } from './event.ts';
import type { Random } from './random.ts';

/** The operation of the embedding calls. */
export const EMBEDDING = 'embed_query';

/** Events that are no generations: page views, feedback, spans, embeddings. They have no problem and belong to no planted operation. */
export function noise(r: Random, clock: Clock, users: readonly string[]): Stored[] {
  const kinds = r.shuffle(['$pageview', '$ai_feedback', '$ai_span', '$ai_embedding']).slice(0, r.integer(0, 4));
  return kinds.flatMap((event) =>
    moments(r, clock, r.integer(20, 200)).map((at) => ({
      uuid: r.uuid(),
      event,
      distinct_id: r.pick(users),
      timestamp: new Date(at).toISOString(),
      properties: propertiesOf(r, event),
    })),
  );
}

function propertiesOf(r: Random, event: string): Record<string, unknown> {
  const trace = { $ai_trace_id: r.uuid() };
  if (event === '$ai_feedback') return { ...trace, $ai_feedback_text: r.pick(['good', 'wrong', 'thanks']) };
  if (event === '$ai_span') return { ...trace, $ai_span_name: 'vector_lookup', $ai_latency: r.between(0.01, 0.2) };
  if (event !== '$ai_embedding') return { $current_url: 'https://app.example.test/' };
  const tokens = r.integer(20, 900);
  return {
    ...trace,
    $ai_span_name: EMBEDDING,
    $ai_model: 'text-embedding-3-small',
    $ai_provider: 'openai',
    $ai_input_tokens: tokens,
    $ai_total_cost_usd: Number(((tokens * 0.02) / 1e6).toFixed(12)),
    $ai_latency: r.between(0.05, 0.3),
    $ai_http_status: 200,
  };
}
