import { readFile } from 'node:fs/promises';
import type { Hono } from 'hono';
import type { Manifest } from '../../agent/runbook/manifest.ts';
import { RunbookError } from '../../lib/errors.ts';
import { collectionFor } from '../api/auth.ts';
import type { Platform } from '../api/platform.ts';
import type { Collection } from '../store/collections.ts';
import { withRunbook } from '../work/perform.ts';
import { deployTask, taskName } from './deployed.ts';
import { Csrf, FormError, page } from './layout.tsx';
import { pathOf } from './places.ts';
import { fieldsOf, type PageContext, type PageEnv } from './session.ts';
import { type Fault, faultIn } from './submit.ts';

const FILE = 'runbook';
/** More than any text that is read has as bytes. */
const MAX_BYTES = 1_600_000;

/** Makes a task of a RUNBOOK.md of somebody's own, or gives one that was made so its new text. */
export function importPages(pages: Hono<PageEnv>, platform: Platform): void {
  pages.get('/:collection/-/import', async (c) => {
    return importPage(c, await collectionFor(platform, c.get('token'), c.req.param('collection')));
  });
  pages.post('/:collection/-/import', async (c) => {
    const collection = await collectionFor(platform, c.get('token'), c.req.param('collection'));
    const fields = await fieldsOf(c);
    try {
      const instruction = await textIn(c, fields);
      const manifest = await manifestIn(instruction);
      const name = taskName(fields, manifest.name);
      const made = { collection, name, manifest, params: { instruction } };
      const task = await deployTask(platform, c.get('token'), made);
      return c.redirect(pathOf(collection.name, task.name), 303);
    } catch (error) {
      return importPage(c, collection, { fields, fault: faultIn(error) });
    }
  });
}

/** @throws RunbookError `usage` where the text cannot be performed */
async function manifestIn(instruction: string): Promise<Manifest> {
  try {
    return await withRunbook({ instruction }, async (runbook) => runbook.manifest);
  } catch (error) {
    throw new RunbookError('usage', `It is no runbook that can be performed: ${faultIn(error).text}`);
  }
}

/** @throws RunbookError `usage` where there is none, or no text */
async function textIn(c: PageContext, { text = '' }: Record<string, string>): Promise<string> {
  const file = c.get('form')?.files.find(({ field, name }) => field === FILE && name !== '');
  if (!file && text.trim() === '') throw new RunbookError('usage', 'Choose a RUNBOOK.md, or paste its text.');
  if (!file) return text.replaceAll('\r\n', '\n');
  if (file.bytes > MAX_BYTES) throw new RunbookError('usage', `${file.name} is too large for a RUNBOOK.md.`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file.at));
  } catch {
    throw new RunbookError('usage', `${file.name} is no text in UTF-8.`);
  }
}

interface Refused {
  fields: Record<string, string>;
  fault: Fault;
}

function importPage(c: PageContext, collection: Collection, refused?: Refused) {
  const { name = '', text = '' } = refused?.fields ?? {};
  const here = pathOf(collection.name, '-', 'import');
  const children = (
    <>
      <h1>A runbook of your own</h1>
      <p class="lead">
        A RUNBOOK.md becomes a task: its parameters table becomes the form that runs it, its steps and its rubric are
        what an agent performs and what grades it. A task of the same name that was made so gets the new text.
      </p>
      <form method="post" action={here} enctype="multipart/form-data" class="card import" aria-label="Runbook">
        <Csrf c={c} />
        <FormError text={refused?.fault.text} />
        <div class="fields">
          <label>
            Name of the task
            <input name="name" maxlength={200} value={name} placeholder="as its heading says" />
          </label>
          <label>
            File
            <input type="file" name={FILE} accept=".md,text/markdown,text/plain" />
            <small>{refused ? 'Choose it again. ' : ''}A RUNBOOK.md, in UTF-8.</small>
          </label>
        </div>
        <label class="text">
          Or its text
          <textarea name="text" rows={12} spellcheck={false} autocomplete="off">
            {text}
          </textarea>
        </label>
        <div class="actions">
          <button type="submit">Make the task</button>
        </div>
      </form>
    </>
  );
  const crumbs = [{ text: collection.name, href: pathOf(collection.name) }, { text: 'A runbook of your own' }];
  return page(c, { title: 'A runbook of your own', crumbs, children }, refused === undefined ? 200 : 400);
}
