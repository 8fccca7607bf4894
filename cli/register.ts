import type { Command } from 'commander';

/** Adds a command's action; `exit` sets the exit code of a command that ended well. */
export type Register = (command: Command, exit: (code: number) => void) => void;
