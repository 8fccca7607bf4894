// Holds the direction of imports between folders, and that there are no cycles and no barrel files.
// Usage: node scripts/check-imports.mjs [FOLDER]   (default: the project)
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(process.argv[2] ?? path.join(path.dirname(fileURLToPath(import.meta.url)), '..'));

/** Which folders of ours the files of a folder may import. */
const MAY_IMPORT = {
  lib: [],
  sources: ['lib'],
  analysis: ['lib', 'sources'],
  rubric: ['lib', 'sources'],
  tools: ['rubric', 'analysis', 'sources', 'lib'],
  agent: ['tools', 'rubric', 'analysis', 'sources', 'lib'],
  platform: ['agent', 'tools', 'rubric', 'analysis', 'sources', 'lib'],
  cli: ['platform', 'agent', 'tools', 'rubric', 'analysis', 'sources', 'lib'],
};
/** Folders whose files are never imported by the product. */
const OUTSIDE = ['tests', 'bench', 'scripts'];
/** analysis is pure: it reads no files, opens no connections and starts no processes. */
const IO_MODULES =
  /^(?:node:)?(?:fs|fs\/promises|net|http|https|http2|dgram|dns|tls|child_process|worker_threads|cluster|readline|repl|os|process|v8|vm|inspector)(?:\/.*)?$/;
/** What analysis and rubric may take from sources: the types of its contract. */
const SOURCE_CONTRACT = 'sources/source.ts';

const problems = [];
const files = [...Object.keys(MAY_IMPORT), ...OUTSIDE].flatMap((folder) => listFiles(folder));
const graph = new Map(files.map((file) => [file, importsOf(file)]));

for (const [file, imports] of graph) {
  for (const imported of imports) checkImport(file, imported);
  checkBarrel(file);
}
checkCycles();

if (problems.length > 0) {
  process.stderr.write(
    `${problems.sort().join('\n')}\n\n${problems.length} import problem(s); the directions stand in scripts/check-imports.mjs\n`,
  );
  process.exitCode = 1;
} else {
  process.stdout.write(`imports: ${files.length} files, no problems\n`);
}

function listFiles(folder) {
  const full = path.join(root, folder);
  if (!statSync(full, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(full, { withFileTypes: true }).flatMap((entry) => {
    const file = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'fixtures' || entry.name === 'node_modules' ? [] : listFiles(file);
    return /\.(?:ts|mts|tsx|mjs|js)$/.test(entry.name) ? [file] : [];
  });
}

/** Every import and export … from, static or dynamic, with its line. */
function importsOf(file) {
  const text = withoutComments(readFileSync(path.join(root, file), 'utf8'));
  const pattern =
    /(?<!['"`\w.$])(?:(import|export)\s+(type\s+)?(?:[\w*$\s{},]+?\s+from\s+)?|(import)\s*\(\s*)(['"])([^'"\n]+)\4/g;
  return [...text.matchAll(pattern)].map((match) => {
    const specifier = match[5];
    const target = specifier.startsWith('.')
      ? path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier))
      : null;
    const line = text.slice(0, match.index).split('\n').length;
    return { specifier, target, line, typeOnly: match[2] !== undefined };
  });
}

/** Comments become blanks, so that lines keep their numbers; strings are left alone. */
function withoutComments(text) {
  const pattern = /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|\/\*[\s\S]*?\*\/|(?<=^|[\s;{}(),])\/\/[^\n]*/g;
  return text.replace(pattern, (match, string) => string ?? match.replace(/[^\n]/g, ' '));
}

function checkImport(file, { specifier, target, line, typeOnly }) {
  const say = (problem) => problems.push(`${file}:${line}: ${problem}`);
  const folder = file.split('/')[0];
  if (target === null) {
    if (folder === 'analysis' && IO_MODULES.test(specifier)) say(`analysis is pure: it may not import ${specifier}`);
    return;
  }
  const other = target.split('/')[0];
  if (file.startsWith('tests/servers/')) {
    if (!target.startsWith('tests/servers/'))
      say(`a test server speaks the protocol by itself: it may not import ${target}`);
    return;
  }
  if (OUTSIDE.includes(folder)) return;
  if (!graph.has(target)) {
    const known = Object.keys(MAY_IMPORT).includes(other) || OUTSIDE.includes(other);
    if (known && !/\.json$/.test(target)) say(`there is no file ${target} (imports carry their extension)`);
    return;
  }
  if (OUTSIDE.includes(other)) return say(`the product may not import ${target}`);
  if (other === folder) return;
  if (!MAY_IMPORT[folder].includes(other)) {
    return say(`${folder} may import ${MAY_IMPORT[folder].join(', ') || 'nothing of ours'}, not ${target}`);
  }
  const typesOnly = (folder === 'analysis' || folder === 'rubric') && other === 'sources';
  if (typesOnly && !(target === SOURCE_CONTRACT && typeOnly))
    say(`${folder} may import only types of ${SOURCE_CONTRACT}`);
}

/** A file whose only content is other files' exports hides where things live. */
function checkBarrel(file) {
  if (/(?:^|\/)index\.(?:ts|js|mjs)$/.test(file))
    problems.push(`${file}:1: barrel file: import from the file that defines it`);
  const text = withoutComments(readFileSync(path.join(root, file), 'utf8'));
  const reexport = /^\s*export\s+(?:type\s+)?(?:\*|\{[^}]*\})(?:\s+as\s+\w+)?\s+from\s/m.exec(text);
  if (!reexport) return;
  const line = text.slice(0, reexport.index + reexport[0].search(/\S/)).split('\n').length;
  problems.push(`${file}:${line}: re-export: import from the file that defines it`);
}

/** Each cycle is named once, from its first file in the alphabet. */
function checkCycles() {
  const done = new Set();
  const visit = (file, trail) => {
    const start = trail.indexOf(file);
    if (start >= 0) {
      const cycle = trail.slice(start);
      const first = cycle.indexOf([...cycle].sort()[0]);
      const ordered = [...cycle.slice(first), ...cycle.slice(0, first)];
      const problem = `${ordered[0]}:1: cycle: ${[...ordered, ordered[0]].join(' → ')}`;
      if (!problems.includes(problem)) problems.push(problem);
      return;
    }
    if (done.has(file)) return;
    for (const { target } of graph.get(file) ?? []) if (graph.has(target)) visit(target, [...trail, file]);
    done.add(file);
  };
  for (const file of [...graph.keys()].sort()) visit(file, []);
}
