import { helpText } from './commands.ts';
import { errorText, exitCodeOf } from './errors.ts';
import { printable } from './printable.ts';

async function main(argv: readonly string[]): Promise<number> {
  const [first] = argv;
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    (first === undefined ? process.stderr : process.stdout).write(helpText());
    return first === undefined ? 2 : 0;
  }
  if (first === '--version' || first === '-V') {
    const { programVersion } = await import('../lib/version.ts');
    process.stdout.write(`${programVersion()}\n`);
    return 0;
  }
  const { dispatch } = await import('./dispatch.ts');
  return dispatch(argv);
}

async function printError(error: unknown): Promise<void> {
  const { Scrubber } = await import('../agent/secrets.ts');
  process.stderr.write(printable(new Scrubber(process.env).text(errorText(error, process.env))));
}

/** A reader that left (`runbook show | head`) is no error. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
    // An interrupted run may have left a call running: it ends here.
    if (code === 130) process.exit(code);
  },
  async (error: unknown) => {
    process.exitCode = exitCodeOf(error);
    await printError(error);
  },
);
