import { toolNames } from '../../tools/registry.ts';
import { collectionFor } from './auth.ts';
import { refusal } from './errors.ts';
import type { Platform } from './platform.ts';
import { type Api, answer, createRoute, inCollection, REFUSALS, z } from './route.ts';

const template = z.object({
  activity_name: z.string(),
  name: z.string(),
  category: z.string(),
  description: z.string(),
  parameters: z.record(z.string(), z.string()),
});

/** What a step of a task may be here. */
const TEMPLATES: z.infer<typeof template>[] = [
  {
    activity_name: 'runbook',
    name: 'runbook',
    category: 'agent',
    description: `Performs a runbook with typed tools (${toolNames.join(', ')}) and grades what it leaves.`,
    parameters: {
      instruction: 'RUNBOOK.md; without it the PostHog Trace Optimizer',
      vars: 'parameters of the runbook, by name',
      driver: 'auto, claude, claude-code or scripted',
      source: 'posthog, sample, or stored paths of event files',
      model: 'the model of the agent',
      max_cost_usd: 'what the run may cost',
      rounds: 'rounds of grading and mending',
    },
  },
];

const templates = createRoute({
  method: 'get',
  path: '/api/v1/step-templates',
  responses: {
    200: answer(
      z.object({ templates: z.array(template), categories: z.array(z.string()), total_count: z.number() }),
      'Kinds of steps',
    ),
  },
});
const oneTemplate = createRoute({
  method: 'get',
  path: '/api/v1/step-templates/{name}',
  request: { params: z.object({ name: z.string() }) },
  responses: { 200: answer(template, 'It'), 404: REFUSALS[404] },
});
const health = createRoute({
  method: 'get',
  path: '/api/v1/health',
  responses: { 200: answer(z.object({ status: z.string() }), 'The server and its database answer') },
});
const trialShape = z.object({
  active: z.boolean(),
  runs_used: z.number(),
  runs_limit: z.number(),
  runs_remaining: z.number(),
});
const trial = createRoute({
  method: 'get',
  path: '/api/v1/trial/{collection}',
  request: { params: inCollection },
  responses: { 200: answer(trialShape, "There are no trials here: keys are the collection's own"), ...REFUSALS },
});
const activate = createRoute({
  method: 'post',
  path: '/api/v1/trial/{collection}/activate',
  request: { params: inCollection },
  responses: { 200: answer(trialShape, 'Nothing changes'), ...REFUSALS },
});
const nothing = (kind: 'datasets' | 'models') =>
  createRoute({
    method: 'get',
    path: `/api/v1/${kind}/{collection}`,
    request: { params: inCollection },
    responses: { 200: answer(z.array(z.record(z.string(), z.unknown())), 'None are kept here'), ...REFUSALS },
  });

/** What needs no token. */
export function openRoutes(api: Api, { pool }: Platform): void {
  api.openapi(health, async (c) => {
    await pool.query('SELECT 1');
    return c.json({ status: 'healthy' }, 200);
  });
  api.openapi(templates, (c) =>
    c.json({ templates: TEMPLATES, categories: ['agent'], total_count: TEMPLATES.length }, 200),
  );
  api.openapi(oneTemplate, (c) => {
    const found = TEMPLATES.find(({ name }) => name === c.req.valid('param').name);
    if (!found) throw refusal(404, `Step template '${c.req.valid('param').name}' not found`);
    return c.json(found, 200);
  });
}

export function miscRoutes(api: Api, platform: Platform): void {
  const none = { active: false, runs_used: 0, runs_limit: 0, runs_remaining: 0 };
  api.openapi(trial, async (c) => {
    await collectionFor(platform, c.get('token'), c.req.valid('param').collection);
    return c.json(none, 200);
  });
  api.openapi(activate, async (c) => {
    await collectionFor(platform, c.get('token'), c.req.valid('param').collection);
    return c.json(none, 200);
  });
  for (const kind of ['datasets', 'models'] as const)
    api.openapi(nothing(kind), async (c) => {
      await collectionFor(platform, c.get('token'), c.req.valid('param').collection);
      return c.json([], 200);
    });
}
