import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from './package-root.ts';

export function programVersion(): string {
  return manifest().version;
}

/** What `npm install` gets for this program: `posthog-trace-optimizer@0.1.0`. */
export function programPackage(): string {
  const { name, version } = manifest();
  return `${name}@${version}`;
}

function manifest(): { name: string; version: string } {
  return JSON.parse(readFileSync(path.join(packageRoot(), 'package.json'), 'utf8')) as {
    name: string;
    version: string;
  };
}
