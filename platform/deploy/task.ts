import type { Parameters } from '../../agent/parameters.ts';
import type { Manifest } from '../../agent/runbook/manifest.ts';
import { RESULTS_DIR } from '../../agent/runbook-md/print-steps.ts';

/** Parameters of a run, by name, as texts. */
export type Vars = Readonly<Record<string, string>>;

/** How long the platform lets a run take, seconds: its own default for runbooks. */
const TIMEOUT_S = 1200;

/** Parameters as the platform keeps them: texts, with the folder of the results. */
export function varsOf(parameters: Parameters): Vars {
  const values = Object.entries(parameters).map(([name, value]) => [name, String(value)]);
  return { results_dir: RESULTS_DIR, ...Object.fromEntries(values) };
}

/**
 * A runbook as a task of the platform: one step `run` of the activity `runbook`.
 * @param instruction the whole RUNBOOK.md; its frontmatter decides which secrets reach the sandbox
 */
export function taskOf(
  manifest: Manifest,
  { name, instruction, vars }: { name: string; instruction: string; vars: Vars },
) {
  const { agent, model, model_provider, snapshot } = manifest;
  return {
    name,
    description: manifest.description,
    version: manifest.version,
    has_file_uploads: false,
    is_chat_flow: true,
    is_private: true,
    entity_type: 'task',
    workflow: {
      init_params: {
        ...{ agent, model },
        ...(model_provider === undefined ? {} : { model_provider }),
        snapshot: snapshot ?? 'python312-uv',
        ...{ instruction, vars, file_paths: [] as string[] },
      },
      step_configs: {
        run: {
          activity: 'runbook',
          agent_path: 'init_params.agent',
          model_path: 'init_params.model',
          snapshot_path: 'init_params.snapshot',
          instruction_path: 'init_params.instruction',
          template_variables_path: 'init_params.vars',
          files_path: 'init_params.file_paths',
          cpus: 4,
          memory: '8G',
          timeout_sec: TIMEOUT_S,
          network_enabled: true,
        },
      },
      steps: ['run'],
    },
  };
}
export type Task = ReturnType<typeof taskOf>;
