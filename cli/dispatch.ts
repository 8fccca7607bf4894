import { Command, CommanderError } from 'commander';
import { version } from './version.ts';

/** Parses the command line and runs one command; each is loaded only when it is the one. */
export async function dispatch(argv: string[]): Promise<number> {
  let code = 0;
  const set = (value: number) => {
    code = value;
  };
  const program = new Command('runbook')
    .version(version())
    .exitOverride()
    .showHelpAfterError('(runbook --help lists the commands)');
  const [name] = argv;
  if (name === 'run') (await import('./commands/run.ts')).addRun(program, set);
  else if (name === 'grade') (await import('./commands/grade.ts')).addGrade(program, set);
  else if (name === 'show') (await import('./commands/show.ts')).addShow(program);
  else if (name === 'lint') (await import('./commands/lint.ts')).addLint(program, set);
  else if (name === 'tool') (await import('./commands/tool.ts')).addTool(program);
  else if (name === 'source') (await import('./commands/source.ts')).addSource(program);
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
  return code;
}
