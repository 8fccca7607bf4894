import { gradingOf } from '../agent/rounds.ts';
import type { Runbook } from '../agent/runbook/manifest.ts';
import { printRunbook } from '../agent/runbook-md/print.ts';
import { Scrubber } from '../agent/secrets.ts';
import { RunbookError } from '../lib/errors.ts';
import { programPackage } from '../lib/version.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What npm takes for a package: no space, no quote, nothing that a shell reads. */
const SPEC = /^[\w@./][\w@./:+#~^=-]*$/u;

/**
 * A runbook as the RUNBOOK.md that others run.
 * @throws RunbookError `usage` for a package that a command line cannot hold, `runbook_invalid` where a secret of the environment stands in
 *   the runbook, or what cannot be exported does
 */
export async function instructionOf(runbook: Runbook, flags: { package?: string }, env: Env): Promise<string> {
  const spec = flags.package ?? programPackage();
  if (!SPEC.test(spec))
    throw new RunbookError('usage', `--package ${spec}: is no name of a package.`, {
      at: '--package',
      hint: 'Give what npm install takes: name@version, a file ending in .tgz, or a URL of git.',
    });
  const { rubric } = await gradingOf(runbook);
  const text = printRunbook(runbook, { package: spec, rubric });
  const declared = Object.values(runbook.manifest.secrets).map((secret) => secret.env);
  const [name] = new Scrubber(env, declared).namesIn(text);
  if (name === undefined) return text;
  throw new RunbookError('runbook_invalid', `The value of ${name} stands in the runbook.`, {
    at: name,
    hint: 'Take it out: secrets are named in a runbook, and come from the environment.',
  });
}
