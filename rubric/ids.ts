/** What computes: each gives a score of 1 to 5 with its reasons (rubric/criteria/). */
export const CHECKS = ['evidence', 'cost_analysis', 'qualitative_depth', 'actionability', 'roadmap'] as const;
export type CheckId = (typeof CHECKS)[number];

/** What holds a verdict at failed (rubric/gates.ts). */
export const GATES = [
  'outputs',
  'trace_ids',
  'data_read',
  'validation',
  'end_check',
  'structure',
  'artifacts',
  'unchanged',
  'clean_text',
] as const;
export type GateId = (typeof GATES)[number];
