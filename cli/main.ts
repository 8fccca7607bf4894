import { exitCodeOf, printError } from './errors.ts';

const HELP = `Usage: runbook <command> [options]

Finds where money and quality leak in LLM traffic and writes a checked report.

Commands:
  run [RUNBOOK]            perform a runbook (default: the PostHog Trace Optimizer)
  grade RESULTS_DIR        grade a results dir from its files
  show [RUNBOOK]           the shape of a runbook: badges, parameters, steps
  lint [RUNBOOK]           check a runbook: manifest, templates, tool blocks
  tool NAME | --list       run one tool and print its output
  source serve PATH...     put event files behind PostHog's HTTP API

Options:
  -h, --help               help, also for a command: runbook run --help
  -V, --version            the version

First steps:
  runbook run --source sample                  the demo, no key needed
  runbook run --source events.jsonl.gz         a PostHog export
  runbook run --source posthog                 a live project (POSTHOG_API_KEY, POSTHOG_PROJECT_ID, POSTHOG_HOST)
`;

async function main(argv: string[]): Promise<number> {
  const [first] = argv;
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    process.stdout.write(HELP);
    return first === undefined ? 2 : 0;
  }
  if (first === '--version' || first === '-V') {
    const { version } = await import('./version.ts');
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  const { dispatch } = await import('./dispatch.ts');
  return dispatch(argv);
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    printError(error);
    process.exitCode = exitCodeOf(error);
  },
);
