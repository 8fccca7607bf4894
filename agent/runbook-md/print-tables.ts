import type { Rubric } from '../../rubric/load.ts';
import type { Manifest } from '../runbook/manifest.ts';
import { RESULTS_DIR } from './print-steps.ts';
import { generated } from './sections.ts';
import { literal, table } from './table.ts';

const FILES = ['File', 'Description'];

/** The manifest of the files that a run must leave; optional ones in a table of their own. */
export function filesSection({ outputs }: Manifest): string {
  const rows = (required: boolean) =>
    outputs
      .filter((output) => output.required === required)
      .map(({ path, description }) => [`\`{{results_dir}}/${path}\``, description]);
  const optional = rows(false);
  return [
    generated(
      'Do NOT finish before every one of these files exists and is not empty, also where an earlier step failed.',
    ),
    table(FILES, rows(true)),
    ...(optional.length > 0 ? ['### Optional Files', table(FILES, optional)] : []),
  ].join('\n\n');
}

/** Each parameter with its template variable and one literal as its default. */
export function parametersSection({ parameters }: Manifest): string {
  const rows = Object.entries(parameters).map(([name, { default: standard, description }]) => [
    name,
    `\`{{${name}}}\``,
    literal(standard ?? ''),
    description,
  ]);
  const results = ['results_dir', '`{{results_dir}}`', literal(RESULTS_DIR), 'Where the results go.'];
  return table(['Parameter', 'Template Variable', 'Default', 'Description'], [results, ...rows]);
}

/** Programs and credentials. */
export function dependencies({ secrets }: Manifest, spec: string): string {
  const programs = [
    [
      'bash, Node 20.19 or newer with npm',
      'program',
      'yes',
      `\`npm install -g ${spec}\` gives the command \`runbook\``,
    ],
    ['Python 3.9 or newer', 'program', 'no', 'only where npm cannot be reached'],
  ];
  const variables = Object.values(secrets).map(({ env, description, required }) => [
    `\`${env}\``,
    'environment variable',
    required ? 'yes' : 'no',
    description,
  ]);
  return generated(table(['Dependency', 'Type', 'Required', 'Description'], [...programs, ...variables]));
}

/** Criteria, thresholds, and how the scores come about. */
export function rubricSection({ criteria, thresholds }: Rubric, how: string): string {
  const rows = criteria.map(({ name, anchors }, index) => [
    String(index + 1),
    name,
    anchors[5],
    anchors[3],
    anchors[1],
  ]);
  const header = ['#', 'Criterion', '5 (Excellent)', '3 (Acceptable)', '1 (Poor)'];
  const pass = `The report passes with an average ≥ ${thresholds.average.toFixed(1)} and no criterion below ${thresholds.each}; at most ${thresholds.rounds} rounds.`;
  return [table(header, rows), pass, how].join('\n\n');
}

/** The last look at the files. */
export function checklistSection({ outputs }: Manifest): string {
  const files = outputs.filter(({ required }) => required).map(({ path }) => path);
  return generated(`### Verification Script

\`\`\`bash
echo "=== FINAL OUTPUT VERIFICATION ==="
missing=0
for file in ${files.map((file) => `'${file.replaceAll("'", String.raw`'\''`)}'`).join(' ')}; do
  if [ -s "{{results_dir}}/$file" ]; then echo "PASS: $file"; else echo "FAIL: $file is missing or empty"; missing=1; fi
done
[ $missing -eq 0 ] && echo "Result: every file is there" || echo "Result: not finished"
\`\`\`

- [ ] Every line above says PASS.
- [ ] The evaluation passed, or its rounds are used up and \`summary.md\` says what does not hold.
- [ ] No credential stands in any file of \`{{results_dir}}\`.`);
}
