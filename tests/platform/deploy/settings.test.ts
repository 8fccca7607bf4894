import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { cadenceText, readCadence } from '../../../platform/deploy/cadence.ts';
import { targetOf, tokenOf } from '../../../platform/deploy/target.ts';
import { temporaryFolder } from '../../agent/toy.ts';

describe('targetOf', () => {
  it.each([
    [undefined, {}, 'https://flows-api.jetty.io'],
    [undefined, { JETTY_API_URL: ' https://jetty.example.org/ ' }, 'https://jetty.example.org'],
    [undefined, { JETTY_API_URL: '' }, 'https://flows-api.jetty.io'],
    ['http://127.0.0.1:8130', { JETTY_API_URL: 'https://a.example' }, 'http://127.0.0.1:8130'],
    ['http://[::1]:8130/api-of-mine/', {}, 'http://[::1]:8130/api-of-mine'],
  ])('%s with %j is %s', (given, env, expected) => {
    expect(targetOf(given, env)).toBe(expected);
  });

  it.each([
    ['flows-api.jetty.io', /is no URL/u],
    ['ftp://a.example', /is no URL/u],
    ['http://a.example', /unencrypted/u],
    ['https://me:word@a.example', /holds a user or a password/u],
    ['https://a.example/?x=1', /query or a fragment/u],
  ])('refuses %s', (given, message) => {
    expect(() => targetOf(given, {})).toThrow(message);
    expect(() => targetOf(given, {})).not.toThrow(/me:word/u);
  });
});

describe('tokenOf', () => {
  const home = (token?: string) => {
    const dir = temporaryFolder();
    mkdirSync(path.join(dir, '.config', 'jetty'), { recursive: true });
    if (token !== undefined) writeFileSync(path.join(dir, '.config', 'jetty', 'token'), token);
    return dir;
  };

  it('takes the variable first, trimmed, then the file; empty is unset', () => {
    expect(tokenOf({ JETTY_API_TOKEN: ' mlc_a\n', HOME: home('mlc_b') })).toBe('mlc_a');
    expect(tokenOf({ JETTY_API_TOKEN: ' ', HOME: home('mlc_b\n') })).toBe('mlc_b');
    expect(() => tokenOf({ JETTY_API_TOKEN: '', HOME: home() })).toThrow(/JETTY_API_TOKEN is not set/u);
    expect(() => tokenOf({ HOME: home('mlc_a mlc_b') })).toThrow(/characters that no token has/u);
  });
});

describe('readCadence', () => {
  it.each([
    ['hourly', { type: 'hourly' }],
    ['daily@09:00', { type: 'daily', hour_utc: 9, minute_utc: 0 }],
    ['weekdays@23:59', { type: 'weekdays', hour_utc: 23, minute_utc: 59 }],
    ['manual', { type: 'manual' }],
    ['30 7 * * mon-fri Europe/Berlin', { type: 'cron', expression: '30 7 * * mon-fri', time_zone: 'Europe/Berlin' }],
    ['0 9 * * * UTC', { type: 'cron', expression: '0 9 * * *', time_zone: 'UTC' }],
    ['weekly:mon@00:05', { type: 'weekly', day_of_week: 'mon', hour_utc: 0, minute_utc: 5 }],
  ])('%s', (text, cadence) => {
    expect(readCadence(text, '--schedule')).toEqual(cadence);
    expect(cadenceText(cadence)).toBe(text);
  });

  it.each([
    '',
    'daily',
    'daily@9:00',
    'daily@24:00',
    'daily@09:60',
    'hourly@09:00',
    'weekly@09:00',
    'weekly:mo@09:00',
    '0 9 * *',
  ])('refuses %j', (text) => {
    expect(() => readCadence(text, '--schedule')).toThrow(/is no schedule/u);
  });

  it('reads cron without a zone in UTC, and refuses what is no cron or no zone', () => {
    expect(readCadence('0 9 * * *', 'when')).toMatchObject({ expression: '0 9 * * *', time_zone: 'UTC' });
    expect(() => readCadence('61 9 * * *', 'when')).toThrow(/cannot be used/u);
    expect(() => readCadence('0 9 * * * Mars/Base', 'when')).toThrow(/cannot be used/u);
  });
});
