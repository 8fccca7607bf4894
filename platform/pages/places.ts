/** A path of names: whatever they hold, each is one part. */
export function pathOf(...names: string[]): string {
  return `/${names.map(encodeURIComponent).join('/')}`;
}

const OF_COLLECTION = { tasks: 'Tasks', variables: 'Variables', tokens: 'Tokens', audit: 'Audit' } as const;
const OF_TASK = {
  runbook: 'Runbook',
  runs: 'Runs',
  trends: 'Trends',
  schedules: 'Schedules',
  history: 'History',
} as const;

/** Pages of the administrator, whose names no collection can have. */
const OF_ALL = {
  collections: ['Collections', '/'],
  tokens: ['Tokens', '/-/tokens'],
  audit: ['Audit', '/-/audit'],
} as const;

export function administratorTabs(at: keyof typeof OF_ALL) {
  return Object.entries(OF_ALL).map(([key, [text, href]]) => ({ text, href, current: key === at }));
}

/** Pages of a collection that are none of its tasks stand below `-`. */
export function collectionTabs(collection: string, at: keyof typeof OF_COLLECTION) {
  return Object.entries(OF_COLLECTION).map(([key, text]) => ({
    text,
    href: key === 'tasks' ? pathOf(collection) : pathOf(collection, '-', key),
    current: key === at,
  }));
}

export function taskTabs({ collection, task }: { collection: string; task: string }, at?: keyof typeof OF_TASK) {
  return Object.entries(OF_TASK).map(([key, text]) => ({
    text,
    href: key === 'runbook' ? pathOf(collection, task) : pathOf(collection, task, key),
    current: key === at,
  }));
}
