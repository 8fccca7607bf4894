import { Command, CommanderError } from 'commander';
import { nearest } from '../agent/nearest.ts';
import { RunbookError } from '../lib/errors.ts';
import { COMMANDS, type CommandSpec } from './commands.ts';
import { addOptions } from './options.ts';

/**
 * Parses the command line and runs one command.
 * @returns the exit code
 * @throws RunbookError what the command throws; `usage` for a command that there is not
 */
export async function dispatch(argv: readonly string[]): Promise<number> {
  const spec = findCommand(argv);
  const words = spec.name.split(' ').length;
  let code = 0;
  const command = new Command(`runbook ${spec.name}`)
    .description(`${spec.summary[0]?.toUpperCase()}${spec.summary.slice(1)}.`)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(`${text}  runbook ${spec.name} --help lists what it takes.\n`),
    });
  if (spec.args !== '') command.arguments(spec.args);
  addOptions(command, spec.options);
  const register = await spec.load();
  register(command, (value) => {
    code = value;
  });
  try {
    await command.parseAsync(argv.slice(words), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
  return code;
}

function findCommand(argv: readonly string[]): CommandSpec {
  const spec = COMMANDS.find(({ name }) => argv.slice(0, name.split(' ').length).join(' ') === name);
  if (spec) return spec;
  const [first = ''] = argv;
  const group = COMMANDS.filter(({ name }) => name.startsWith(`${first} `));
  const given = group.length > 0 ? argv.slice(0, 2).join(' ') : first;
  const names = COMMANDS.map(({ name }) => name);
  const guess = group[0]?.name ?? nearest(given, names);
  throw new RunbookError('usage', `runbook ${given}: there is no such command.`, {
    at: given,
    hint: `${guess ? `Did you mean runbook ${guess}? ` : ''}runbook --help lists the commands.`,
  });
}
