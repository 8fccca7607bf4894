import { describe, expect, it } from 'vitest';
import type { Finding } from '../../analysis/findings.ts';
import { rank, validationPeriod } from '../../analysis/recommend.ts';

function finding(id: string, operation: string, expected: number, cost: number): Finding {
  return {
    id,
    kind: 'retry_storm',
    operation,
    severity: 'high',
    title: id,
    trace_ids: ['t'],
    frequency: { seen: 1, of: 2 },
    metrics: { operation_cost_usd: cost },
    monthly_savings_usd: { low: expected / 2, expected, high: expected * 1.5 },
  };
}
const scale = { observedDays: 30, totalCost: 100 };

describe('rank', () => {
  it('puts the larger impact first and weighs it by ease', () => {
    const ranked = rank([finding('a', 'x', 10, 50), finding('b', 'y', 20, 50)], () => 1, scale);
    expect(ranked.map((r) => r.finding.id)).toEqual(['b', 'a']);
    const eased = rank([finding('a', 'x', 10, 50), finding('b', 'y', 20, 50)], (f) => (f.id === 'b' ? 0.1 : 1), scale);
    expect(eased.map((r) => r.finding.id)).toEqual(['a', 'b']);
  });

  it('applies recommendations on one operation in sequence, never beyond its cost', () => {
    const ranked = rank([finding('a', 'x', 40, 50), finding('b', 'x', 30, 50)], () => 1, scale);
    expect(ranked[0]?.savings?.expected).toBe(40);
    expect(ranked[1]?.savings?.expected).toBeCloseTo(6, 6);
  });
});

describe('validationPeriod', () => {
  it('asks for whole weeks and enough traces for a fall of a fifth', () => {
    // 16 · 1.49² / ln(0.8)² = 713 traces; 48.6 a day → 15 days → 3 weeks
    expect(validationPeriod(48.6, 1.49)).toEqual({ days: 21, traces: 714, capped: false });
    expect(validationPeriod(10_000, 0.5).days).toBe(7);
    expect(validationPeriod(0.1, 1)).toMatchObject({ days: 56, capped: true });
  });
});
