import type { Artifacts, Finding } from './artifacts.ts';
import { failedCalls } from './derived-values.ts';
import { numbersIn, shows } from './figures.ts';
import { traceKey } from './keys.ts';
import { plainFigures } from './plain-text.ts';
import { fullText, type Report, type ScopedBlock } from './structure.ts';

/** What a report must not leave out: how many calls failed and how, and every finding of high severity. */
export function coverageFaults({ blocks, recommendations }: Report, artifacts: Artifacts): string[] {
  const failures = blocks.filter((block) => block.scope.section === 'Failure-Mode Analysis').flatMap(linesOf);
  const failed = failedCalls(artifacts) ?? 0;
  const faults: string[] = [];
  if (failures.length > 0 && failed > 0) {
    if (!failures.some((line) => countsFailures(line, failed)))
      faults.push(`Failure-Mode Analysis does not say that ${failed} calls failed`);
    const kinds = failureKinds(artifacts).filter((kind) => !failures.some((line) => names(line, kind)));
    if (kinds.length > 0) faults.push(`Failure-Mode Analysis does not name ${kinds.join(', ')}`);
  }
  const lines = blocks.flatMap(linesOf);
  const high = (artifacts.findings.value?.findings ?? []).filter(({ severity }) => severity === 'high');
  const titled = new Set(recommendations.map(({ priority }) => priority));
  const made = new Set(
    (artifacts.recommendations.value?.recommendations ?? []).flatMap(({ priority, id }) =>
      titled.has(priority) && typeof id === 'string' ? [id] : [],
    ),
  );
  const absent = high.filter((finding) => !made.has(finding.id) && !lines.some((line) => isAbout(line, finding)));
  return [...faults, ...absent.map(({ kind, operation }) => `the report does not name ${kind} in ${operation}`)];
}

/** Lines of prose, headings and rows, with their code spans in place. */
function linesOf(block: ScopedBlock): string[] {
  if (block.kind === 'heading') return [block.text];
  if (block.kind === 'text') return block.lines.map(fullText);
  return block.kind === 'table' ? block.rows.map(({ cells }) => cells.map(fullText).join(' | ')) : [];
}

function countsFailures(line: string, failed: number): boolean {
  const text = plainFigures(line);
  return /fail|error/iu.test(text) && numbersIn(text).some((figure) => shows(figure, failed));
}

/** Groups of failures beyond these are small, and a report may leave them to the data. */
const LARGEST = 12;

/** The kinds of the largest groups of failures. */
function failureKinds({ failures: { value } }: Artifacts): string[] {
  const groups = value && !Array.isArray(value) && Array.isArray(value.groups) ? value.groups : [];
  return [...new Set(groups.slice(0, LARGEST).map((group: { class?: unknown }) => String(group.class)))];
}

function isAbout(line: string, { kind, operation }: Finding): boolean {
  return names(line, kind) && traceKey(line).includes(traceKey(operation));
}

/** Kinds are written with spaces or hyphens as well, and in the singular. */
function names(line: string, kind: string): boolean {
  const pattern = PATTERNS.get(kind) ?? patternOf(kind);
  PATTERNS.set(kind, pattern);
  return pattern.test(line.replaceAll('time-out', 'timeout'));
}

/** Asked for every line, made once for each kind. */
const PATTERNS = new Map<string, RegExp>();

function patternOf(kind: string): RegExp {
  const words = kind.split('_').map((word) => word.replace(/e?[ds]$/u, '').replace(/\W/gu, '.'));
  return new RegExp(words.join('\\w*[ _-]?'), 'iu');
}
