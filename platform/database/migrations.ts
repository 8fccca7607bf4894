/**
 * The schema, as the changes that made it. One that was released is never changed: add another one.
 *
 * Names are compared without case where clients do so; ids that clients see are short (`trajectory_id`: eight hexadecimal digits).
 */
export const MIGRATIONS: readonly string[] = [
  `
CREATE TABLE platform.collections (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$'),
  description text NOT NULL DEFAULT '',
  created timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX collections_name ON platform.collections (lower(name));

CREATE TABLE platform.tokens (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  -- Null: the administrator's, for every collection.
  collection_id uuid REFERENCES platform.collections ON DELETE CASCADE,
  name text NOT NULL,
  prefix text NOT NULL,
  hash bytea NOT NULL UNIQUE,
  created timestamptz NOT NULL DEFAULT now(),
  last_used timestamptz,
  revoked timestamptz
);

CREATE TABLE platform.environment (
  collection_id uuid NOT NULL REFERENCES platform.collections ON DELETE CASCADE,
  name text NOT NULL CHECK (name ~ '^[A-Za-z_][A-Za-z0-9_]{0,127}$'),
  -- Encrypted with the key of the installation.
  value bytea NOT NULL,
  updated timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (collection_id, name)
);

CREATE TABLE platform.tasks (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  collection_id uuid NOT NULL REFERENCES platform.collections ON DELETE CASCADE,
  name text NOT NULL CHECK (name <> ''),
  description text,
  version text,
  entity_type text NOT NULL DEFAULT 'task',
  workflow jsonb NOT NULL,
  croissant_metadata jsonb,
  has_file_uploads boolean NOT NULL DEFAULT false,
  is_private boolean NOT NULL DEFAULT true,
  is_chat_flow boolean NOT NULL DEFAULT false,
  created timestamptz NOT NULL DEFAULT now(),
  updated timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX tasks_name ON platform.tasks (collection_id, lower(name));

CREATE TABLE platform.task_versions (
  task_id uuid NOT NULL REFERENCES platform.tasks ON DELETE CASCADE,
  index integer NOT NULL,
  content_hash text NOT NULL,
  operation text NOT NULL CHECK (operation IN ('insert', 'update')),
  data jsonb NOT NULL,
  created timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (task_id, index)
);

CREATE TABLE platform.routines (
  id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  task_id uuid NOT NULL REFERENCES platform.tasks ON DELETE CASCADE,
  name text NOT NULL CHECK (name <> ''),
  cadence jsonb NOT NULL,
  overlap text NOT NULL DEFAULT 'skip' CHECK (overlap IN ('skip', 'queue')),
  catch_up text NOT NULL DEFAULT 'latest' CHECK (catch_up IN ('none', 'latest', 'all')),
  jitter_s integer NOT NULL DEFAULT 0 CHECK (jitter_s BETWEEN 0 AND 3600),
  init_params_overrides jsonb NOT NULL DEFAULT '{}',
  secret_params bytea,
  webhook_url text,
  webhook_secret bytea,
  paused boolean NOT NULL DEFAULT false,
  -- The newest instant that was decided: a clock that jumps back fires nothing again.
  decided_to timestamptz NOT NULL DEFAULT now(),
  created timestamptz NOT NULL DEFAULT now(),
  updated timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX routines_name ON platform.routines (task_id, lower(name));

CREATE TABLE platform.runs (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  trajectory_id text NOT NULL CHECK (trajectory_id ~ '^[0-9a-f]{8}$'),
  collection_id uuid NOT NULL REFERENCES platform.collections ON DELETE CASCADE,
  task_id uuid NOT NULL REFERENCES platform.tasks ON DELETE CASCADE,
  status text NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled', 'archived')),
  -- What is wanted of a run that is not over.
  cancel_requested timestamptz,
  -- When a worker may take it; null while it waits for an earlier run of its schedule.
  enqueued timestamptz,
  init_params jsonb NOT NULL DEFAULT '{}',
  -- Encrypted; gone when the run is over.
  secret_params bytea,
  workflow jsonb NOT NULL,
  author text,
  exit_code integer,
  error text,
  agent text,
  model text,
  cost_usd double precision NOT NULL DEFAULT 0,
  score double precision,
  findings integer,
  total_steps integer NOT NULL DEFAULT 0,
  done_steps integer NOT NULL DEFAULT 0,
  attempts integer NOT NULL DEFAULT 0,
  worker text,
  parent_id uuid REFERENCES platform.runs ON DELETE SET NULL,
  fork_step integer,
  routine_id integer REFERENCES platform.routines ON DELETE SET NULL,
  fire_at timestamptz,
  webhook_url text,
  webhook_secret bytea,
  created timestamptz NOT NULL DEFAULT now(),
  started timestamptz,
  updated timestamptz NOT NULL DEFAULT now(),
  ended timestamptz,
  UNIQUE (collection_id, trajectory_id)
);
CREATE INDEX runs_of_task ON platform.runs (task_id, created DESC);
CREATE INDEX runs_open ON platform.runs (status) WHERE status IN ('pending', 'running');
CREATE UNIQUE INDEX runs_of_fire ON platform.runs (routine_id, fire_at) WHERE fire_at IS NOT NULL;

CREATE TABLE platform.labels (
  run_id uuid NOT NULL REFERENCES platform.runs ON DELETE CASCADE,
  key text NOT NULL,
  value text NOT NULL,
  author text NOT NULL,
  created timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (run_id, key)
);

CREATE TABLE platform.uploads (
  id text PRIMARY KEY,
  collection_id uuid NOT NULL REFERENCES platform.collections ON DELETE CASCADE,
  path text NOT NULL,
  name text NOT NULL,
  bytes bigint NOT NULL,
  created timestamptz NOT NULL DEFAULT now(),
  UNIQUE (collection_id, path)
);

-- Processes that perform runs: each holds an advisory lock by its number for as long as it lives.
CREATE TABLE platform.workers (
  number integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  host text NOT NULL,
  pid integer NOT NULL,
  started timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE platform.audit (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  at timestamptz NOT NULL DEFAULT now(),
  collection_id uuid REFERENCES platform.collections ON DELETE SET NULL,
  actor text NOT NULL,
  action text NOT NULL,
  target text NOT NULL,
  detail jsonb NOT NULL DEFAULT '{}'
);
`,
  `
-- Of browsers: whoever has the random id is the token's owner.
CREATE TABLE platform.sessions (
  hash bytea PRIMARY KEY,
  token_id uuid NOT NULL REFERENCES platform.tokens ON DELETE CASCADE,
  created timestamptz NOT NULL DEFAULT now(),
  expires timestamptz NOT NULL
);
CREATE INDEX sessions_expires ON platform.sessions (expires);
`,
  `
-- When the deliveries that tell of its end were planned: an end that was told to nobody is found by this.
ALTER TABLE platform.runs ADD COLUMN announced timestamptz;
UPDATE platform.runs SET announced = ended WHERE ended IS NOT NULL;
CREATE INDEX runs_unannounced ON platform.runs (ended) WHERE ended IS NOT NULL AND announced IS NULL;
-- Of a run that somebody else performed and told of: what came out, and whence it is.
ALTER TABLE platform.runs ADD COLUMN ingested jsonb;
`,
];
