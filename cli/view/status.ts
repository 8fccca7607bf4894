import type { RunStatus } from '../../agent/record/summary.ts';
import type { Palette } from '../colors.ts';

/** How a run's status reads, and its colour. */
const STATUS: Record<RunStatus | 'damaged', { text: string; color: 'cyan' | 'green' | 'yellow' | 'red' }> = {
  running: { text: 'running', color: 'cyan' },
  passed: { text: 'passed', color: 'green' },
  not_passed: { text: 'did not pass', color: 'yellow' },
  gate: { text: 'stopped at a gate', color: 'yellow' },
  budget: { text: 'budget used up', color: 'yellow' },
  failed: { text: 'failed', color: 'red' },
  interrupted: { text: 'interrupted', color: 'yellow' },
  broken_off: { text: 'broken off', color: 'red' },
  damaged: { text: 'damaged', color: 'red' },
};

export function statusText(status: RunStatus | 'damaged'): string {
  return STATUS[status].text;
}

export function statusColor(status: RunStatus | 'damaged', colors: Palette): (text: string) => string {
  return colors[STATUS[status].color];
}
