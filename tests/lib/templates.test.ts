import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderTemplate } from '../../lib/templates.ts';

const render = (text: string, context: Record<string, unknown> = {}) =>
  renderTemplate(text, context, { name: 'test.hbs' });

describe('renderTemplate', () => {
  it('names the template and the variable that is missing', () => {
    expect(() => render('a {{nope}}')).toThrow(/test\.hbs.*nope/u);
    expect(() => render('line\n{{#if}')).toThrow(/test\.hbs/u);
  });

  it('formats facts by their unit and shows unknown as n/a', () => {
    const facts = {
      a: { value: 1234.5, unit: 'usd' },
      b: { value: 0.1234, unit: 'share' },
      c: { value: null, unit: 'usd' },
    };
    expect(render('{{fact "a"}} {{fact "b"}} {{fact "c"}}', { facts })).toBe('$1,234.50 12.3% n/a');
    expect(() => render('{{fact "zzz"}}', { facts })).toThrow(/zzz/u);
  });

  it('keeps untrusted text inside its code span, line or fence', () => {
    expect(render('{{code x}}', { x: 'a`b|c\nd' })).toBe('`aʼb¦c d`');
    expect(render('{{inline x}}', { x: '<b>|*' })).toBe('\\<b\\>\\|\\*');
    expect(render('{{fenced x}}', { x: '```\n# not a heading' })).toBe('````text\n```\n# not a heading\n````');
  });

  it('never lets a fence be closed from inside', () => {
    fc.assert(
      fc.property(fc.string(), (x) => {
        const lines = render('{{fenced x}}', { x }).split('\n');
        const fence = lines[0]?.replace('text', '') ?? '';
        expect(lines.slice(1, -1).some((line) => line.trim() === fence)).toBe(false);
      }),
    );
  });
});
