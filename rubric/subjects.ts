import type { Ground } from './claim.ts';
import type { Figure } from './figures.ts';
import { traceKey } from './keys.ts';
import type { Prose } from './markdown.ts';
import type { OwnValues } from './pool.ts';
import type { Scope } from './structure.ts';

/** An operation, a model or a trace that a line is about. */
export interface Subject {
  name: string;
  kind: 'operation' | 'model' | 'trace';
  own: OwnValues;
}

/** The subjects that a line names, and the operation that its passage is about. */
export function subjectsOf({ text, codes }: Prose, scope: Scope, ground: Ground): Subject[] {
  const named = [...codes, ...namesIn(text, ground), ...titledIn(text, ground)].flatMap((name) =>
    asSubject(name, ground),
  );
  const passage = passageOperation(scope, ground);
  const all = passage === null ? named : [...named, ...asSubject(passage, ground)];
  return all.filter(({ own }, at) => all.findIndex((one) => one.own === own) === at);
}

function asSubject(name: string, { known }: Ground): Subject[] {
  const operation = known.ofOperation(name);
  if (operation) return [{ name, kind: 'operation', own: operation }];
  const model = known.ofModel(name);
  if (model) return [{ name, kind: 'model', own: model }];
  const trace = known.ofTrace(name);
  return trace ? [{ name, kind: 'trace', own: trace }] : [];
}

/** Names outside code spans; a plain word is no name there. */
function namesIn(text: string, { artifacts }: Ground): string[] {
  const names = [
    ...(artifacts.spans.value ?? []).map((row) => row.operation),
    ...(artifacts.models.value ?? []).map((row) => row.model),
  ];
  const words = new Set(text.split(/[^\p{L}\p{N}_.:/-]+/u).map((word) => word.replace(/[.:/-]+$/u, '')));
  return names.filter((name) => /[_-]/u.test(name) && words.has(name));
}

/** The operations of the recommendations whose titles stand in the text. */
function titledIn(text: string, { artifacts }: Ground): string[] {
  return (artifacts.recommendations.value?.recommendations ?? []).flatMap(({ title, operation }) =>
    typeof title === 'string' && title !== '' && text.includes(title) ? [operation] : [],
  );
}

/** The operation that a recommendation, or a passage under its heading, is about. */
export function passageOperation(scope: Scope, { artifacts }: Ground): string | null {
  if (scope.priority !== null) {
    return (
      artifacts.recommendations.value?.recommendations.find((r) => r.priority === scope.priority)?.operation ?? null
    );
  }
  const names = (artifacts.spans.value ?? []).map((row) => row.operation);
  return names.find((name) => traceKey(name) === traceKey(scope.heading)) ?? null;
}

/** Three digits that count: shorter figures read like some value of the data by chance. */
const TELLING = 3;

export function isTelling(figure: Figure): boolean {
  const digits = figure.text.replace(/\D/gu, '').replace(/^0+/u, '');
  return digits.length >= TELLING;
}
