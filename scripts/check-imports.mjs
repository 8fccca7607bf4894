// Holds the import directions of ARCHITECTURE.md, and that there are no cycles and no barrel files. Plain Node, no dependency.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ALLOWED = {
  lib: ['lib'],
  sources: ['sources', 'lib'],
  analysis: ['analysis', 'lib', 'sources/source.ts'],
  rubric: ['rubric', 'lib', 'sources/source.ts'],
  tools: ['tools', 'rubric', 'analysis', 'sources', 'lib'],
  agent: ['agent', 'tools', 'rubric', 'analysis', 'sources', 'lib'],
  cli: ['cli', 'agent', 'tools', 'rubric', 'analysis', 'sources', 'lib'],
};
const PURE = new Set(['analysis']);
const IO = /^node:(?:fs|net|http|https|child_process|dgram|tls|worker_threads)/u;

const problems = [];
const graph = new Map();

function files(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => path.join(entry.parentPath, entry.name));
}

function imports(source) {
  const found = [];
  const pattern = /^\s*(import|export)\s+(type\s)?[^'"]*?from\s+['"]([^'"]+)['"]|import\(['"]([^'"]+)['"]\)/gmu;
  for (const match of source.matchAll(pattern)) {
    found.push({ kind: match[1] ?? 'dynamic', typeOnly: Boolean(match[2]), target: match[3] ?? match[4] });
  }
  return found;
}

for (const folder of Object.keys(ALLOWED)) {
  for (const file of files(folder)) {
    const source = readFileSync(file, 'utf8');
    const all = imports(source);
    const local = [];
    for (const { kind, typeOnly, target } of all) {
      if (IO.test(target) && PURE.has(folder))
        problems.push(`${file}: ${folder}/ is pure and may not import ${target}`);
      if (!target.startsWith('.')) continue;
      const resolved = path.normalize(path.join(path.dirname(file), target));
      const ok = ALLOWED[folder].some((allowed) => resolved === allowed || resolved.startsWith(`${allowed}/`));
      if (!ok) problems.push(`${file}: ${folder}/ may not import ${resolved}`);
      if (!typeOnly && kind !== 'dynamic') local.push(resolved);
    }
    graph.set(file, local);
    const code = source
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.trim().startsWith('//') && !/^\s*\*|^\s*\/\*/u.test(line));
    if (code.length > 0 && code.every((line) => /^\s*export\s+(?:\*|\{|type\s*\{).*from/u.test(line)))
      problems.push(`${file}: a barrel file`);
  }
}

for (const file of files('tests/servers')) {
  for (const { target } of imports(readFileSync(file, 'utf8'))) {
    if (target.startsWith('..')) problems.push(`${file}: tests/servers may not import ${target}`);
  }
}

const done = new Set();
function visit(file, trail) {
  if (trail.includes(file)) {
    problems.push(`cycle: ${[...trail.slice(trail.indexOf(file)), file].join(' → ')}`);
    return;
  }
  if (done.has(file)) return;
  for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
  done.add(file);
}
for (const file of graph.keys()) visit(file, []);

for (const problem of problems) process.stderr.write(`${problem}\n`);
process.stdout.write(problems.length === 0 ? `imports: ${graph.size} files, no problems\n` : '');
process.exitCode = problems.length === 0 ? 0 : 1;
