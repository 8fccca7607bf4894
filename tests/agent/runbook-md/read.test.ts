import { describe, expect, it } from 'vitest';
import { lintRunbook } from '../../../agent/lint.ts';
import { read } from './folder.ts';

const FRONT = `version: "1.2.0"
evaluation: programmatic
agent: codex
model: gpt-5.5
snapshot: python312-uv
origin: { url: "https://example.org" }
secrets:
  # none
primary_outputs: /app/results/out.csv`;

const BODY = `# Cleaner — Agent Runbook

## Objective

Clean the file.
Do it well.

It is read once.

## REQUIRED OUTPUT FILES (MANDATORY)

| File | Description |
|------|-------------|
| \`/app/results/out.csv\` | Rows. |
| \`{{results_dir}}/summary.md\` | One screen. |
| \`/app/results/page-*.png\` | Pictures. |

## Parameters

| Parameter | Template Variable | Default | Description |
|---|---|---|---|
| Results directory | \`{{results_dir}}\` | \`/app/results\` (Jetty) / \`./results\` (local) | Where. |
| Window days | \`{{window_days}}\` | \`30\` | Days. |
| Topic | \`{{topic}}\` | *(required)* | What. |
| History | \`{{history}}\` | *(optional)* | Before. |
| Share | \`{{share}}\` | 0.25 | How much. |

## Dependencies

None.

## Step 1: Environment Setup

\`\`\`bash
# Step 9: is only a comment of one mark
echo {{window_days}} {{unknown}} f"{{braces}}"

## Step 2 — Clean {{topic}}

Open \`\`\`.

### Step 2a: a part

## Step 3: Final Checklist

## Tips

- Slowly.
`;
const FILE = `---\n${FRONT}\n---\n\n${BODY}`;

describe('readRunbook', () => {
  it('reads a public runbook: prose of tables, open fences, braces that are no variables', async () => {
    const { runbook, notes } = await read(FILE);
    expect(runbook.manifest).toMatchObject({
      ...{
        version: '1.2.0',
        name: 'cleaner-agent-runbook',
        title: 'Cleaner — Agent Runbook',
        evaluation: 'programmatic',
      },
      ...{ agent: 'codex', model: 'gpt-5.5', snapshot: 'python312-uv', secrets: {}, primary_outputs: ['out.csv'] },
      description: 'Clean the file. Do it well.',
      outputs: [{ path: 'out.csv' }, { path: 'summary.md' }],
      parameters: {
        window_days: { type: 'integer', default: 30 },
        topic: { type: 'string', required: true },
        history: { type: 'string', default: '' },
        share: { type: 'number', default: 0.25 },
      },
    });
    expect(Object.keys(runbook.manifest.parameters)).not.toContain('results_dir');
    expect(runbook.steps.map(({ title }) => title)).toEqual([
      'Environment Setup',
      'Clean {{topic}}',
      'Final Checklist',
    ]);
    expect(runbook.steps[0]?.body).toContain('echo {{params.window_days}} \\{{unknown}} f"\\{{braces}}"');
    expect(runbook.steps[1]?.body).toContain('### Step 2a: a part');
    expect(notes).toEqual([expect.stringMatching(/^line 28: page-\*\.png/u)]);
    expect((await lintRunbook(runbook)).problems).toEqual([]);
  });

  it('reads Windows line ends and a byte order mark alike', async () => {
    const { runbook } = await read(FILE);
    const { runbook: other } = await read(`\uFEFF${FILE.replaceAll('\n', '\r\n')}`);
    expect(other.manifest).toEqual(runbook.manifest);
    expect(other.steps).toEqual(runbook.steps);
  });

  it('needs no more of the frontmatter than version and evaluation', async () => {
    const { runbook } = await read(`---\nversion: 1\nevaluation: visual\n---\n${BODY}`);
    expect(runbook.manifest).toMatchObject({ version: '1', evaluation: 'rubric', agent: 'claude-code', secrets: {} });
  });

  it('takes a secret without env by its name, and steps at whatever level they stand', async () => {
    const front = `${FRONT.replace('  # none', '  A_KEY: { required: false }')}`;
    const { runbook } = await read(`---\n${front}\n---\n${BODY.replaceAll('## Step', '### Step')}`);
    expect(runbook.manifest.secrets).toEqual({ A_KEY: { env: 'A_KEY', description: '', required: false } });
    expect(runbook.steps).toHaveLength(3);
  });

  it('reads a rubric of its own with its thresholds', async () => {
    const table =
      '| # | Criterion | 5 (Excellent) | 3 (Acceptable) | 1 (Poor) |\n|---|---|---|---|---|\n| 1 | Clarity | a | b | c |\n';
    const text = FILE.replace('programmatic', 'rubric').replace(
      '## Tips',
      `## Evaluate\n\n${table}\nPass: average ≥ 3.5.\n\n## Tips`,
    );
    const { runbook } = await read(text);
    expect(runbook.manifest.rubric).toBe('rubric.md');
    const { gradingOf } = await import('../../../agent/rounds.ts');
    expect((await gradingOf(runbook)).rubric).toMatchObject({
      criteria: [{ name: 'Clarity', anchors: { 5: 'a', 3: 'b', 1: 'c' } }],
      thresholds: { average: 3.5 },
    });
  });

  it.each([
    ['no frontmatter', BODY, /^RUNBOOK\.md:1: there is no frontmatter/u],
    ['a missing key', FILE.replace('version: "1.2.0"\n', ''), /^RUNBOOK\.md:2: version: /u],
    ['an evaluation that there is not', FILE.replace('programmatic', 'vibes'), /^RUNBOOK\.md:3: evaluation: /u],
    ['broken YAML', FILE.replace('agent: codex', 'agent: [codex'), /^RUNBOOK\.md:[45]: /u],
    ['a secret that is a text', FILE.replace('  # none', '  A_KEY: abc'), /^RUNBOOK\.md:9: secrets\.A_KEY: /u],
    ['no objective', FILE.replace('## Objective', '## Aim'), /there is no heading "## Objective"/u],
    [
      'no files',
      FILE.replace('## REQUIRED OUTPUT FILES', '## FILES'),
      /there is no heading "## REQUIRED OUTPUT FILES"/u,
    ],
    ['no steps', FILE.replaceAll('Step', 'Stage'), /there is no heading "## Step 1: …"/u],
    [
      'a default that its type does not have',
      FILE.replace(
        'primary_outputs',
        'executor: { name: x, parameters: { window_days: { type: boolean } } }\nprimary_outputs',
      ),
      /^RUNBOOK\.md:36: parameters\.window_days\.default: must be of type boolean/u,
    ],
    [
      'a name that none is',
      FILE.replace('primary_outputs', 'executor: { name: "A B" }\nprimary_outputs'),
      /^RUNBOOK\.md:10: name: must be lower-case/u,
    ],
  ])('names file, line and field: %s', async (_what, text, message) => {
    await expect(read(text)).rejects.toMatchObject({
      code: 'runbook_invalid',
      message: expect.stringMatching(message),
    });
  });
});
