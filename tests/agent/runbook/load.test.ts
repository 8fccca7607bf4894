import { describe, expect, it } from 'vitest';
import { loadRunbook } from '../../../agent/runbook/load.ts';
import { MANIFEST, manifestOf, step, temporaryFolder, toyRunbook, WRITE_REPORT } from '../toy.ts';

describe('loadRunbook', () => {
  it('loads manifest and steps in order, with the line on which each body begins', () => {
    const runbook = loadRunbook(toyRunbook());
    expect(runbook.manifest).toMatchObject({ name: 'toy', primary_outputs: [] });
    expect(runbook.steps).toMatchObject([
      { number: 1, id: 'connect', gate: true, file: 'steps/01.md', bodyLine: 8, outputs: ['recommendations.md'] },
    ]);
    expect(runbook.digest).toMatch(/^[\da-f]{64}$/u);
  });

  it('loads the runbook that ships with the project', () => {
    const { manifest, steps } = loadRunbook();
    expect(steps).toHaveLength(11);
    expect(Object.keys(manifest.parameters)).toContain('window_days');
  });

  it('gives another digest when a step changes', () => {
    const changed = loadRunbook(toyRunbook({ 'steps/01.md': `${WRITE_REPORT}\nmore` }));
    expect(changed.digest).not.toBe(loadRunbook(toyRunbook()).digest);
  });

  it('reads files with a byte order mark and Windows line ends', () => {
    const crlf = `\uFEFF${WRITE_REPORT.replaceAll('\n', '\r\n')}`;
    expect(loadRunbook(toyRunbook({ 'steps/01.md': crlf })).steps[0]).toMatchObject({ id: 'connect', bodyLine: 8 });
  });

  it('says that a folder is no runbook', () => {
    expect(() => loadRunbook(temporaryFolder())).toThrow(/there is no runbook\.yaml in it/u);
  });

  const broken: [string, Record<string, string>, RegExp][] = [
    ['a YAML error', { 'runbook.yaml': MANIFEST.replace('title: Toy', 'title: [Toy') }, /^runbook\.yaml:[34]: /u],
    ['a missing field', { 'runbook.yaml': MANIFEST.replace('title: Toy runbook\n', '') }, /runbook\.yaml:1: title: /u],
    ['an unknown field', { 'runbook.yaml': `${MANIFEST}colour: red\n` }, /runbook\.yaml:17: colour: .*colour/u],
    ['a field of the wrong type', { 'runbook.yaml': MANIFEST.replace('"1.0.0"', '1') }, /runbook\.yaml:1: version: /u],
    [
      'a default of the wrong type',
      { 'runbook.yaml': MANIFEST.replace('default: 30', 'default: thirty') },
      /runbook\.yaml:11: parameters\.window_days\.default: must be of type integer/u,
    ],
    [
      'a default out of bounds',
      { 'runbook.yaml': MANIFEST.replace('default: 30', 'default: 500') },
      /runbook\.yaml:11: parameters\.window_days\.default: lies outside/u,
    ],
    [
      'an output outside the results dir',
      { 'runbook.yaml': MANIFEST.replace('path: recommendations.md', 'path: ../x.md') },
      /runbook\.yaml:14: outputs\.0\.path: must be a path inside/u,
    ],
    [
      'a step file that does not exist',
      { 'runbook.yaml': manifestOf('steps/01.md', 'steps/02.md') },
      /runbook\.yaml:16: steps: there is no file steps\/02\.md/u,
    ],
    ['a step outside the folder', { 'runbook.yaml': manifestOf('../x.md') }, /runbook\.yaml:15: steps: there is no/u],
    ['a step without frontmatter', { 'steps/01.md': '# Hello\n' }, /steps\/01\.md:1: the step has no frontmatter/u],
    ['a step without an id', { 'steps/01.md': '---\ntitle: x\n---\n' }, /steps\/01\.md:2: id: /u],
    ['a wrong field of a step', { 'steps/01.md': step('a', '', 'gate: maybe') }, /steps\/01\.md:4: gate: /u],
    [
      'an unknown tool',
      { 'steps/01.md': step('a', '', 'tools:\n  - write_artifact\n  - hogql_qery') },
      /steps\/01\.md:6: tools: there is no tool called "hogql_qery"/u,
    ],
    [
      'an id that is used twice',
      { 'runbook.yaml': manifestOf('steps/01.md', 'steps/02.md'), 'steps/02.md': WRITE_REPORT },
      /steps\/02\.md: id: "connect" is the id of steps\/01\.md too/u,
    ],
  ];
  it.each(broken)('names file, line and field of %s', (_what, files, expected) => {
    expect(() => loadRunbook(toyRunbook(files))).toThrow(expected);
    expect(() => loadRunbook(toyRunbook(files))).toThrow(expect.objectContaining({ code: 'runbook_invalid' }));
  });

  it('suggests the tool that was meant', () => {
    const dir = toyRunbook({ 'steps/01.md': step('a', '', 'tools: [hogql_qery]') });
    expect(() => loadRunbook(dir)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('Did you mean hogql_query?') }),
    );
  });
});
