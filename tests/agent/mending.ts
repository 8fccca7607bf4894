import { loadRunbook } from '../../agent/runbook/load.ts';
import type { Runbook } from '../../agent/runbook/manifest.ts';
import { MANIFEST, step, toyRunbook } from './toy.ts';

const RUBRIC = `version: 1
criteria:
  - { id: tone, name: Tone, anchors: { 5: calm, 3: mixed, 1: shrill } }
thresholds: { average: 4, each: 3, rounds: 3 }
gates:
  - { id: outputs, name: Every file is there }
judge: { samples: 1 }
`;
const WRITE = '```tool\nwrite_artifact: { path: recommendations.md, content: "# Draft 1" }\n```\n';
const OUTPUTS = 'tools: [write_artifact, read_artifact]\noutputs: [recommendations.md]';
const MEND = '```tool\nread_artifact: { path: grade.json }\n```\nMend it.\n';

/** A runbook that writes a first draft, is graded by a judge, and has a step that mends. */
export function mendingRunbook(): Runbook {
  const manifest = MANIFEST.replace('steps:', 'mend: steps/mend.md\nrubric: rubric.yaml\nsteps:');
  return loadRunbook(
    toyRunbook({
      'runbook.yaml': manifest,
      'rubric.yaml': RUBRIC,
      'steps/01.md': step('write', WRITE, OUTPUTS),
      'steps/mend.md': step('mend', MEND, OUTPUTS),
    }),
  );
}
