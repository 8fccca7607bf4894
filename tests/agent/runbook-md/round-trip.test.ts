import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { lintRunbook } from '../../../agent/lint.ts';
import { resolveParameters } from '../../../agent/parameters.ts';
import { renderStep } from '../../../agent/render.ts';
import { loadRunbook } from '../../../agent/runbook/load.ts';
import type { Runbook, Step } from '../../../agent/runbook/manifest.ts';
import { toolBlocks } from '../../../agent/runbook/tool-blocks.ts';
import { toTemplate } from '../../../agent/runbook-md/variables.ts';
import { renderTemplate } from '../../../lib/templates.ts';
import { printed, read, written } from './folder.ts';

const WINDOW = { from: new Date('2026-01-01T00:00:00Z'), to: new Date('2026-01-31T00:00:00Z') };

/** The calls of a step as they are made. */
function callsOf(step: Step, { manifest }: Runbook) {
  const params = resolveParameters(manifest, {});
  const rendered = renderStep(step, { params, window: WINDOW, run: { id: 'x' }, resultsDir: '/r', artifacts: {} });
  return toolBlocks(rendered.text, step.file, (line) => line).map(({ tool, input }) => ({ tool, input }));
}

describe('a runbook that is exported and imported', () => {
  it('is the same: manifest, steps, and every call with its input', async () => {
    const before = loadRunbook();
    const { runbook: after, notes } = await read(await printed(before));
    expect(notes).toEqual([]);
    const { steps: _before, ...manifest } = before.manifest;
    expect(after.manifest).toMatchObject(manifest);
    const bare = ({ body: _body, bodyLine: _line, file: _file, ...rest }: Step) => rest;
    expect(after.steps.map(bare)).toEqual(before.steps.map(bare));
    expect(after.steps.map((step) => callsOf(step, after))).toEqual(before.steps.map((step) => callsOf(step, before)));
    expect(after.mend && callsOf(after.mend, after)).toEqual(before.mend && callsOf(before.mend, before));
    expect((await lintRunbook(after)).problems).toEqual([]);
  });

  it('is written the same a second time', async () => {
    const once = await printed();
    expect(await printed((await read(once)).runbook)).toBe(once);
  });

  it('keeps parameters, secrets, files and titles, whatever they hold', async () => {
    await fc.assert(
      fc.asyncProperty(manifests, async (manifest) => {
        const titles = manifest.steps.map((title) => title);
        const files = Object.fromEntries(titles.map((title, index) => [`steps/${index}.md`, stepFile(title, index)]));
        const yaml = stringify({ ...manifest, steps: Object.keys(files) });
        const before = loadRunbook(written({ 'runbook.yaml': yaml, ...files }));
        const after = (await read(await printed(before))).runbook;
        const same = ({ manifest: { steps: _steps, rubric: _rubric, guide: _guide, ...rest }, steps }: Runbook) => ({
          ...{ ...rest, outputs: rest.outputs.toSorted((a, b) => Number(b.required) - Number(a.required)) },
          steps: steps.map(({ id, title, tools, outputs, gate }) => ({ id, title, tools, outputs, gate })),
        });
        expect(same(after)).toEqual(same(before));
      }),
      { numRuns: 60 },
    );
  });
});

function stepFile(title: string, index: number): string {
  return `---\n${stringify({ id: `s${index}`, title, gate: index === 0 })}---\nDo it.\n`;
}

/** One line of any characters, as a title or a description is. */
const line = fc
  .string({ minLength: 1, maxLength: 40, unit: 'grapheme' })
  .map((text) => text.replace(/[\s\p{Cc}\p{Cs}\uFEFF]+/gu, ' ').trim())
  .filter((text) => text !== '');
/** A heading ends before marks that close it. */
const title = line.map((text) => text.replace(/^[\s:.—–#-]+|[\s#]+$/gu, '')).filter((text) => text !== '');
const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/u);
const anyText = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', '""', '(optional)', '`a|b`', ' x ', 'a\nb', '|'),
);
const parameter = fc.oneof(
  fc.record({ type: fc.constant('string'), default: anyText, description: line }),
  fc.record({ type: fc.constant('integer'), default: fc.integer(), description: line }),
  fc.record({
    type: fc.constant('number'),
    default: fc.double({ noNaN: true, noDefaultInfinity: true }),
    description: line,
  }),
  fc.record({ type: fc.constant('boolean'), default: fc.boolean(), description: line }),
  fc.record({ type: fc.constant('integer'), min: fc.constant(1), required: fc.constant(true), description: line }),
);
const secret = fc.record({
  env: fc.stringMatching(/^[A-Z][A-Z_]{0,12}$/u),
  description: anyText,
  required: fc.boolean(),
});
const output = fc.record({ path: word.map((name) => `data/${name}.json`), description: line, required: fc.boolean() });
const manifests = fc.record({
  version: fc.constantFrom('1.0.0', '2.10', '3'),
  name: word,
  title,
  description: line.filter((text) => !text.startsWith('<!--') && !text.startsWith('#')),
  evaluation: fc.constantFrom('rubric', 'programmatic'),
  agent: fc.constant('claude-code'),
  model: fc.constant('anthropic/claude-sonnet-4.6'),
  secrets: fc.dictionary(fc.stringMatching(/^[A-Z][A-Z_]{0,12}$/u), secret, { maxKeys: 3 }),
  parameters: fc.dictionary(word, parameter, { maxKeys: 4 }),
  outputs: fc.uniqueArray(output, { selector: ({ path }) => path, maxLength: 4 }),
  steps: fc.array(title, { minLength: 1, maxLength: 4 }),
});

describe('toTemplate', () => {
  it('leaves what is no parameter as it is: braces of other programs, and backslashes', () => {
    const piece = fc.constantFrom(
      '{{',
      '}}',
      '{',
      '}',
      '\\',
      'x',
      ' ',
      '{{x}}',
      '{{ now }}',
      '{{{a}}}',
      '\n',
      '{{!',
      '{{#if',
      '`',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const text = pieces.join('');
        expect(renderTemplate(toTemplate(text, new Set()), {}, { name: 'x' })).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  it('fills in parameters, the results dir and fragments wherever they stand', () => {
    const template = toTemplate(
      'a{{days}}\\{{days}}{{{{days}} {{results_dir}} {sql.calls} {sql.no} {{other}} {{days}}} {sql.calls}}',
      new Set(['days']),
    );
    const values = { params: { days: 3 }, results_dir: '/r', sql: { calls: 'C' } };
    expect(renderTemplate(template, values, { name: 'x' })).toBe('a3\\3{{3 /r C {sql.no} {{other}} 3} C}');
  });
});
