import { describe, expect, it } from 'vitest';
import { resolveParameters } from '../../agent/parameters.ts';
import { loadRunbook } from '../../agent/runbook/load.ts';
import { MANIFEST, toyRunbook } from './toy.ts';

const MORE = `parameters:
  on: { type: boolean, default: false, description: A switch. }
  share: { type: number, default: 0.5, min: 0, description: A share. }
  team: { type: string, required: true, description: The team's name. }
`;
const resolveBare = (given: Record<string, string>) =>
  resolveParameters(
    loadRunbook(toyRunbook({ 'runbook.yaml': MANIFEST.replace('parameters:\n', MORE) })).manifest,
    given,
  );
const resolve = (given: Record<string, string>) => resolveBare({ team: 'x', ...given });

describe('resolveParameters', () => {
  it('takes defaults, and converts what was given by its type', () => {
    expect(resolve({})).toEqual({ on: false, share: 0.5, team: 'x', window_days: 30, greeting: '' });
    expect(resolve({ on: 'true', share: '1e-3', window_days: '400', greeting: 'a=b' })).toMatchObject({
      on: true,
      share: 0.001,
      window_days: 400,
      greeting: 'a=b',
    });
  });

  it.each([
    [{ window_days: 'ten' }, /window_days=ten: must be a whole number/u],
    [{ window_days: '1.5' }, /must be a whole number/u],
    [{ window_days: '' }, /must be a whole number/u],
    [{ window_days: '0' }, /must lie between 1 and 400/u],
    [{ share: '-1' }, /must be at least 0/u],
    [{ share: 'Infinity' }, /must be a number/u],
    [{ on: 'yes' }, /must be true or false/u],
    [{ constructor: 'x' }, /no such parameter/u],
  ])('refuses %j', (given, expected) => {
    expect(() => resolve(given)).toThrow(expected);
  });

  it('names what is required, and the name that was meant', () => {
    expect(() => resolveBare({})).toThrow(/The parameter team is required/u);
    expect(() => resolve({ windw_days: '3' })).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('Did you mean window_days?') }),
    );
  });
});
