import type { Row } from './row.ts';

export interface ScenarioOptions {
  /** How often something is killed. */
  faults: number;
  seed: number;
}

export type Scenario = (options: ScenarioOptions) => Promise<Row | Row[]>;
