import type { ParameterSpec, Runbook } from '../../agent/runbook/manifest.ts';
import { type Keys, MODEL_KEYS, TASK_SOURCE, VAR } from './asked.ts';
import { CadenceFields } from './cadence-fields.tsx';
import { ENDINGS, FILES, FORMATS } from './event-files.ts';
import { Csrf, FormError } from './layout.tsx';
import { pathOf } from './places.ts';
import type { PageContext } from './session.ts';
import type { Fault } from './submit.ts';

interface FormProps {
  c: PageContext;
  runbook: Runbook;
  collection: string;
  /** Undefined where the task is to be made. */
  task?: string;
  /** The task's own parameters, or what was given before. */
  initParams: Record<string, unknown>;
  keys: Keys;
  fault?: Fault | undefined;
}

/** Runs a task with parameters of its own, or makes one. */
export function RunForm({ c, runbook, collection, task, initParams, keys, fault }: FormProps) {
  const { manifest } = runbook;
  const vars = (initParams.vars ?? {}) as Record<string, unknown>;
  const here = task === undefined ? pathOf(collection, '-', 'deploy') : pathOf(collection, task);
  return (
    <form method="post" action={here} enctype="multipart/form-data" class="card deploy" aria-label="Run">
      <Csrf c={c} />
      <h2>{task === undefined ? `Deploy ${manifest.title} to ${collection}` : 'Run'}</h2>
      <FormError text={fault?.at === FILES ? undefined : fault?.text} />
      {keys.lacking.length > 0 && (
        <p class="notice lacks">
          A run of PostHog’s data needs {keys.lacking.map((name, at) => [at > 0 ? ', ' : '', <code>{name}</code>])}.{' '}
          <a href={`${pathOf(collection, '-', 'variables')}?name=${keys.lacking[0]}`}>Set them</a>, or run the sample,
          which needs none.
        </p>
      )}
      <fieldset>
        <legend>Run</legend>
        <div class="fields">
          {task === undefined && (
            <label>
              Name of the task
              <input name="name" required maxlength={200} value={String(initParams.name ?? manifest.name)} />
            </label>
          )}
          <Source source={initParams.source} />
          <EventFiles fault={fault} />
          <Driver driver={initParams.driver} keys={keys} />
          <label>
            Model
            <input name="model" value={textOf(initParams.model)} placeholder={manifest.model} />
            <small>Where Claude performs the steps.</small>
          </label>
          <label>
            Most cost, USD
            <input name="max_cost_usd" type="number" min="0.01" step="any" value={textOf(initParams.max_cost_usd)} />
            <small>The run ends when its model requests have cost so much.</small>
          </label>
        </div>
      </fieldset>
      <fieldset>
        <legend>Parameters</legend>
        <div class="fields">
          {Object.entries(manifest.parameters).map(([name, spec]) => (
            <Parameter name={name} spec={spec} value={textOf(vars[name] ?? spec.default)} />
          ))}
        </div>
      </fieldset>
      {task === undefined && (
        <fieldset class="schedule">
          <legend>Schedule</legend>
          <div class="fields">
            <CadenceFields given={initParams} none="only when asked for, as yet" />
          </div>
        </fieldset>
      )}
      <div class="actions">
        <button type="submit" name="do" value="run">
          {task === undefined ? 'Deploy and run' : 'Run now'}
        </button>
        <button type="submit" name="do" value="save" class="quiet">
          {task === undefined ? 'Deploy' : 'Keep as the task’s parameters'}
        </button>
      </div>
    </form>
  );
}

function Source({ source }: { source: unknown }) {
  const known = source === undefined ? 'posthog' : source;
  const isOther = !['posthog', 'sample', FILES].includes(String(known));
  return (
    <label>
      Source
      <select name="source">
        {isOther && (
          <option value={TASK_SOURCE} selected>
            the task’s files
          </option>
        )}
        <Option value="posthog" text="PostHog" chosen={known} />
        <Option value="sample" text="the bundled sample" chosen={known} />
        <Option value={FILES} text="files of events" chosen={known} />
      </select>
      <small>Where the events are read from.</small>
    </label>
  );
}

/** A browser gives no file a second time: after any error they are to be chosen again. */
function EventFiles({ fault }: { fault: Fault | undefined }) {
  const isWrong = fault?.at === FILES;
  return (
    <label class="event-files">
      Files
      <input
        type="file"
        name={FILES}
        multiple
        accept={ENDINGS}
        aria-describedby="files-say"
        {...(isWrong ? { 'aria-invalid': 'true' as const, autofocus: true } : {})}
      />
      <small id="files-say">
        {isWrong && (
          <span class="fault" role="alert">
            {fault.text}{' '}
          </span>
        )}
        {fault ? 'Choose them again. ' : ''}
        {FORMATS}
      </small>
    </label>
  );
}

function Driver({ driver = 'auto', keys }: { driver: unknown; keys: Keys }) {
  const hint = keys.hasModelKey
    ? 'Automatic is Claude: the collection has a model key.'
    : `Automatic is scripted: the collection has no model key (${MODEL_KEYS.slice(0, 2).join(' or ')}).`;
  return (
    <label>
      Driver
      <select name="driver">
        <Option value="auto" text="automatic" chosen={driver} />
        <Option value="scripted" text="scripted, no model" chosen={driver} />
        <Option value="claude" text="Claude" chosen={driver} />
        {driver === 'claude-code' && <Option value="claude-code" text="Claude Code" chosen={driver} />}
      </select>
      <small>{hint}</small>
    </label>
  );
}

function Option({ value, text, chosen }: { value: string; text: string; chosen: unknown }) {
  return (
    <option value={value} selected={value === chosen}>
      {text}
    </option>
  );
}

interface ParameterProps {
  name: string;
  spec: ParameterSpec;
  value: string;
  /** What it is where it is left empty; undefined where it may not be. */
  standard?: string;
}

/** A field for a parameter of a runbook. */
export function Parameter({ name, spec, value, standard }: ParameterProps) {
  const field = VAR + name;
  return (
    <label for={field}>
      {name}
      <ParameterInput field={field} spec={spec} value={value} standard={standard} />
      <small>{spec.description}</small>
    </label>
  );
}

interface InputProps {
  field: string;
  spec: ParameterSpec;
  value: string;
  standard: string | undefined;
}

function ParameterInput({ field, spec: { type, min, max, required = false }, value, standard }: InputProps) {
  const isOptional = standard !== undefined;
  if (type === 'boolean')
    return (
      <select id={field} name={field}>
        {isOptional && <Option value="" text={`as the task: ${standard === 'true' ? 'yes' : 'no'}`} chosen={value} />}
        <Option value="true" text="yes" chosen={value} />
        <Option value="false" text="no" chosen={value} />
      </select>
    );
  const about = { id: field, name: field, value, ...(isOptional ? { placeholder: standard } : {}) };
  if (type === 'string') return <input {...about} required={required && !isOptional} {...PLAIN} />;
  const bounds = { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
  const step = type === 'integer' ? 1 : 'any';
  return <input {...about} type="number" required={!isOptional} step={step} {...bounds} />;
}

const PLAIN = { spellcheck: false, autocomplete: 'off' } as const;

function textOf(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}
