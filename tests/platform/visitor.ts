import { type IncomingHttpHeaders, request } from 'node:http';

export interface Seen {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** Visits pages as a browser does: it keeps its cookie, and sends forms with what their page gave it. */
export class Visitor {
  readonly #base: URL;
  cookie = '';

  constructor(base: string) {
    this.#base = new URL(base);
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Seen> {
    return this.#ask('GET', path, headers);
  }

  /** Sends a form of a page. @param headers over those of a browser; an empty one is left out */
  async post(page: string, path: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
    const { text } = await this.get(page);
    const csrf = /name="csrf" value="([^"]+)"/u.exec(text)?.[1] ?? '';
    return this.send(path, { csrf, ...fields }, headers);
  }

  send(path: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Seen> {
    const usual = { 'content-type': 'application/x-www-form-urlencoded', origin: this.#base.origin };
    return this.#ask('POST', path, { ...usual, ...headers }, new URLSearchParams(fields).toString());
  }

  /** Sends a form of a page with files, as a form with `enctype="multipart/form-data"` does. */
  async postFiles(
    page: string,
    path: string,
    fields: Record<string, string>,
    files: readonly File[],
    field = 'files',
  ): Promise<Seen> {
    const { text } = await this.get(page);
    const form = new FormData();
    form.set('csrf', /name="csrf" value="([^"]+)"/u.exec(text)?.[1] ?? '');
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    for (const file of files) form.append(field, file);
    const sent = new Response(form);
    const headers = { 'content-type': sent.headers.get('content-type') ?? '', origin: this.#base.origin };
    return this.#ask('POST', path, headers, Buffer.from(await sent.arrayBuffer()));
  }

  async logIn(token: string): Promise<this> {
    const { status, text } = await this.post('/login', '/login', { token });
    if (status !== 303) throw new Error(text);
    return this;
  }

  #ask(method: string, path: string, given: Record<string, string>, body: string | Buffer = ''): Promise<Seen> {
    const headers = { ...(this.cookie ? { cookie: this.cookie } : {}), ...given };
    const sent = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''));
    return new Promise((resolve, reject) => {
      const asked = request(new URL(this.#base), { method, path, headers: sent, agent: false }, (answer) => {
        const cookie = answer.headers['set-cookie']?.[0]?.split(';')[0];
        if (cookie) this.cookie = cookie;
        let text = '';
        answer.setEncoding('utf8').on('data', (part) => {
          text += part;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
      });
      asked.on('error', reject).end(body);
    });
  }
}
