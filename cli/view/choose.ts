import { JsonView } from './json.ts';
import { LiveView } from './live.ts';
import { PlainView } from './plain.ts';
import { QuietView } from './quiet.ts';
import type { View } from './view.ts';

/** A live view on a terminal, plain lines elsewhere; progress goes to stderr, the report's path to stdout. */
export function chooseView(flags: { json?: boolean; quiet?: boolean }): View {
  if (flags.json) return new JsonView();
  if (flags.quiet) return new QuietView();
  return process.stderr.isTTY ? new LiveView() : new PlainView();
}
