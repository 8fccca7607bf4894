import { withComputed } from '../../agent/computed.ts';
import { resolveParameters } from '../../agent/parameters.ts';
import { gradingOf } from '../../agent/rounds.ts';
import type { Runbook } from '../../agent/runbook/manifest.ts';
import { RunbookError } from '../../lib/errors.ts';
import { readCadence } from '../../platform/deploy/cadence.ts';
import { Client } from '../../platform/deploy/client.ts';
import { routineOf, startRun, type Wish, writeRoutine, writeTask } from '../../platform/deploy/deploy.ts';
import { followRun } from '../../platform/deploy/follow.ts';
import { missingRoutes } from '../../platform/deploy/openapi.ts';
import { planOf, shownRequest } from '../../platform/deploy/plan.ts';
import { patchEnvironment, ROUTINE } from '../../platform/deploy/requests.ts';
import { fetchResults } from '../../platform/deploy/results.ts';
import { checkSecrets } from '../../platform/deploy/secrets.ts';
import { findToken, targetOf, tokenOf } from '../../platform/deploy/target.ts';
import { taskOf, varsOf } from '../../platform/deploy/task.ts';
import { ResultsDir } from '../../tools/results-dir.ts';
import { DeployReport } from '../deploy-report.ts';
import { loadEnv } from '../env.ts';
import { withRunbook } from '../given-runbook.ts';
import { instructionOf } from '../instruction.ts';
import { interruptible } from '../live-run.ts';
import { parsePairs } from '../options.ts';
import type { Register } from '../register.ts';

interface DeployFlags {
  target?: string;
  collection: string;
  task?: string;
  param?: string[];
  model?: string;
  package?: string;
  schedule?: string;
  setEnv?: boolean;
  run?: boolean;
  follow?: boolean;
  resultsDir: string;
  dryRun?: boolean;
  json?: boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

export const deploy: Register = (command, exit) => {
  command.action(async (given: string | undefined, flags: DeployFlags) =>
    exit(await withRunbook(given, (runbook) => deployRunbook(withModel(runbook, flags.model), flags))),
  );
};

function withModel(runbook: Runbook, model: string | undefined): Runbook {
  return model === undefined ? runbook : { ...runbook, manifest: { ...runbook.manifest, model } };
}

/** @returns the exit code */
async function deployRunbook(runbook: Runbook, flags: DeployFlags): Promise<number> {
  const env = loadEnv();
  const target = targetOf(flags.target, env);
  const wish = await wishOf(runbook, flags, env);
  const report = new DeployReport(target, wish.place, flags.json ?? false);
  warnOfModel(runbook, report);
  if (flags.dryRun) {
    if (findToken(env) === undefined) report.note('JETTY_API_TOKEN is not set: deploying needs it');
    report.plan(planOf(wish, flags.setEnv ? localSecrets(runbook, env) : []).map((each) => shownRequest(each, target)));
    return 0;
  }
  const token = tokenOf(env);
  const results = wish.follow ? ResultsDir.create(flags.resultsDir, { overwrite: false }) : undefined;
  const { signal, release } = interruptible();
  const hidden = localSecrets(runbook, env).flatMap((name) => env[name] ?? []);
  try {
    const client = new Client({ target, token, hidden, signal });
    return await perform({ client, runbook, wish, report, env, results, setEnv: flags.setEnv ?? false });
  } finally {
    release();
  }
}

/** What is to be deployed. All flags are checked before anything is sent. @throws RunbookError `usage`, `runbook_invalid` */
async function wishOf(runbook: Runbook, flags: DeployFlags, env: Env): Promise<Wish> {
  if (flags.follow && !flags.run)
    throw new RunbookError('usage', '--follow goes with --run.', { at: '--follow', hint: 'Add --run.' });
  const place = { collection: flags.collection.trim(), task: (flags.task ?? runbook.manifest.name).trim() };
  for (const [flag, name] of Object.entries({ '--collection': place.collection, '--task': place.task }))
    if (name === '' || name === '.' || name === '..')
      throw new RunbookError('usage', `${flag} ${name || '""'}: is no name.`, { at: flag });
  const cadence = flags.schedule === undefined ? undefined : readCadence(flags.schedule, '--schedule');
  const vars = varsOf(resolveParameters(runbook.manifest, parsePairs(flags.param)));
  const instruction = await instructionOf(runbook, flags, env);
  const task = taskOf(runbook.manifest, { name: place.task, instruction, vars });
  return { place, task, vars, cadence, run: flags.run ?? false, follow: flags.follow ?? false };
}

/** A model that its provider does not know ends in seconds, and is reported as a success. */
function warnOfModel({ manifest }: Runbook, report: DeployReport): void {
  const { model, model_provider: provider } = manifest;
  if ((provider === 'openrouter' && !model.includes('/')) || (provider === 'anthropic' && model.includes('/')))
    report.warn(
      `${provider} is unlikely to know the model ${model}: openrouter writes anthropic/claude-sonnet-4.6, anthropic claude-sonnet-4-6`,
    );
}

/** Names of the declared secrets that the environment here has. */
function localSecrets({ manifest }: Runbook, env: Env): string[] {
  const names = Object.values(manifest.secrets).map((secret) => secret.env);
  return names.filter((name) => (env[name] ?? '').trim() !== '');
}

interface Work {
  client: Client;
  runbook: Runbook;
  wish: Wish;
  report: DeployReport;
  env: Env;
  results: ResultsDir | undefined;
  setEnv: boolean;
}

async function perform(work: Work): Promise<number> {
  const { client, wish, report } = work;
  const { place, task, vars, cadence } = wish;
  for (const route of await missingRoutes(
    client,
    planOf(wish, []).map(({ request }) => request),
  ))
    report.warn(`the target's own description has no ${route}`);
  await settleSecrets(work);
  report.wrote('task', place.task, await writeTask(client, place, task));
  if (cadence) report.wrote('routine', ROUTINE, await writeRoutine(client, place, ROUTINE, routineOf(cadence, vars)));
  if (!wish.run) return report.end(0);
  const id = await startRun(client, place, vars);
  report.run(id, 'started');
  if (!wish.follow) return report.end(0);
  try {
    return report.end(await see(work, id));
  } catch (error) {
    report.note(`run ${id} may go on there`);
    throw error;
  }
}

/** Sets what is asked for, and refuses a run that would lack what it needs, before anything is written. */
async function settleSecrets({ client, runbook, wish, report, env, setEnv }: Work): Promise<void> {
  const { set, missing, missingRequired, providerKey } = await checkSecrets(client, wish.place, runbook.manifest);
  const here = localSecrets(runbook, env).filter((name) => setEnv && missing.includes(name));
  if (here.length > 0)
    await client.send(patchEnvironment(wish.place, Object.fromEntries(here.map((name) => [name, env[name] ?? '']))));
  const left = missingRequired.filter((name) => !here.includes(name));
  report.secrets({ there: set, set: here, missing: left });
  if (providerKey !== undefined)
    report.note(`the collection has no ${providerKey}: runs need the platform's trial, or that key`);
  if (!wish.run || left.length === 0) return;
  throw new RunbookError(
    'config',
    `The collection ${wish.place.collection} lacks ${left.join(', ')}: the run could read nothing.`,
    {
      at: left[0] ?? '',
      hint: 'Set them there, or set them here and add --set-env.',
    },
  );
}

/** Follows a run to its end, fetches what it left and grades it from outside. @returns 0 where it passes, else 1 */
async function see({ client, runbook, wish, report, results }: Work, id: string): Promise<number> {
  if (!results) return 0;
  const { status, error } = await followRun(client, wish.place, id, (now) => report.run(id, now));
  if (status !== 'completed')
    return report.failed(`the run ended as ${status}${error ? `; the target says “${error}”` : ''}`);
  const { files, notes } = await fetchResults(client, wish.place, id, runbook, results);
  for (const note of notes) report.note(note);
  report.files(results.root, files);
  if (files.length === 0)
    return report.failed(
      'the run is reported as completed and left no file: it did nothing. A model or a key that its provider does not know ends so.',
    );
  const { gradeResults } = await import('../../rubric/grade.ts');
  const grade = await gradeResults(results.root, withComputed(results, await gradingOf(runbook)));
  await results.writeJson('grade.json', grade);
  return report.graded(grade) ? 0 : report.failed('the results do not pass when they are graded from outside');
}
