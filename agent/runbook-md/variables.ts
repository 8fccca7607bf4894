import Handlebars from 'handlebars';
import { sqlFragments } from '../../analysis/sql.ts';
import { messageOf, RunbookError } from '../../lib/errors.ts';
import type { Step } from '../runbook/manifest.ts';

/** What stands for a variable until the tool blocks are read: text that no file holds, and that YAML takes for a plain word. */
const OPEN = '\uE000';
const CLOSE = '\uE001';
/** The whole of a text that is one variable. */
const ONE = new RegExp(`^${OPEN}(\\w+)${CLOSE}$`, 'u');
const ANY = new RegExp(`${OPEN}(\\w+)${CLOSE}`, 'gu');

/** How a template says braces where the engine would take them for its own: behind a backslash, or behind a variable. */
const sayBraces = (braces: string) => (braces === '' ? '' : `{{truncate "${braces}" ${braces.length}}}`);
const BRACES = /^(?:\{+\}*|\}+)$/u;

/** What the ends of the window are called in prose; queries bind them as `{from}` and `{to}`. */
const IN_WORDS: Record<string, string> = {
  'window.from': "the window's start",
  'window.to': "the window's end",
  'run.id': "the run's id",
};

/**
 * A step's text with its variables marked, for `showVariables`: parameters and the results dir by name, SQL fragments as `{sql.calls}`.
 * Braces of other programs stay as they are.
 * @throws RunbookError `runbook_invalid` for what only a run can fill in (artifacts, blocks, helpers), and for what would be taken for a
 *   variable
 */
export function markVariables(step: Step, parameters: Readonly<Record<string, unknown>>): string {
  let program: hbs.AST.Program;
  try {
    program = Handlebars.parseWithoutProcessing(step.body);
  } catch (cause) {
    throw new RunbookError('runbook_invalid', `${step.file}: ${messageOf(cause)}`, { at: step.file, cause });
  }
  const text = program.body.map((statement) => markStatement(statement, step)).join('');
  const named = [...text.matchAll(/\{\{(\w+)\}\}/gu)].find(([, name = '']) => Object.hasOwn(parameters, name));
  if (named) throw notPortable(step, program, `${named[0]} as plain text`);
  return text;
}

function markStatement(statement: hbs.AST.Statement, step: Step): string {
  if (statement.type === 'CommentStatement') return '';
  if (statement.type === 'ContentStatement') return (statement as hbs.AST.ContentStatement).value;
  const { path, params, hash } = statement as hbs.AST.MustacheStatement;
  const name = (path as hbs.AST.PathExpression).original;
  const said = name === 'truncate' ? String((params[0] as hbs.AST.StringLiteral | undefined)?.value) : '';
  if (BRACES.test(said)) return said;
  const isVariable = statement.type === 'MustacheStatement' && params.length === 0 && !hash?.pairs.length;
  const marked = isVariable ? markName(String(name)) : undefined;
  if (marked === undefined) throw notPortable(step, statement, String(name ?? statement.type));
  return marked;
}

function markName(name: string): string | undefined {
  const [scope, key, ...more] = name.split('.');
  if (more.length > 0) return undefined;
  if (name === 'results_dir') return OPEN + name + CLOSE;
  if (scope === 'params' && key !== undefined) return OPEN + key + CLOSE;
  if (name === 'window.days') return `${OPEN}window_days${CLOSE}`;
  return scope === 'sql' ? `{${name}}` : IN_WORDS[name];
}

function notPortable(step: Step, { loc }: hbs.AST.Node, what: string): RunbookError {
  const at = `${step.file}:${step.bodyLine + loc.start.line - 1}`;
  return new RunbookError('runbook_invalid', `${at}: ${what} has no counterpart in a RUNBOOK.md.`, {
    at,
    hint: 'A step that is exported may use params.NAME, window.from, window.to, window.days, results_dir, run.id and sql.NAME.',
  });
}

/** The variable that a text is; undefined where it is another text. */
export function onlyVariable(text: string): string | undefined {
  return ONE.exec(text)?.[1];
}

export function hasVariable(text: string): boolean {
  return text.includes(OPEN);
}

/** Marked variables as a RUNBOOK.md writes them: `{{name}}`. */
export function showVariables(text: string): string {
  return text.replace(ANY, '{{$1}}');
}

/**
 * Text of a RUNBOOK.md as a step's template: declared variables become parameters, `{sql.calls}` a fragment, and every other `{{` stays as
 * it is.
 */
export function toTemplate(text: string, parameters: ReadonlySet<string>): string {
  const fragments = Object.keys(sqlFragments('')).join('|');
  const pattern = new RegExp(String.raw`(\\*)\{\{(?:(\w+)\}\})?(\}*)|\{sql\.(${fragments})\}(\}*)`, 'gu');
  return text.replace(pattern, (all, slashes = '', name?: string, after = '', fragment?: string, behind = '') => {
    if (fragment !== undefined) return `{{sql.${fragment}}}${sayBraces(behind)}`;
    // Before a variable the engine takes backslashes for its own: one more keeps them.
    const before = slashes === '' ? '' : `${slashes}\\`;
    if (name === 'results_dir') return `${before}{{results_dir}}${sayBraces(after)}`;
    if (name !== undefined && parameters.has(name)) return `${before}{{params.${name}}}${sayBraces(after)}`;
    if (slashes === '') return `\\${all}`;
    return name === undefined ? `${before}${sayBraces(`{{${after}`)}` : `${before}${sayBraces('{{')}${name}}}${after}`;
  });
}
