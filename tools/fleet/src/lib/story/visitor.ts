/**
 * Somebody at a browser, as far as a story over HTTP needs one: keeps cookies, follows redirects, fills
 * in forms. Knows nothing of who is visited.
 */
import { send, type Answer } from '../send.js';
import { expectThat } from './expect-that.js';

interface Cookie {
  readonly host: string;
  readonly path: string;
  readonly name: string;
  readonly value: string;
}

/** A page, and where it was found after all redirects. @internal */
export interface VisitedPage extends Answer {
  readonly url: string;
}

const mostRedirects = 10;

/** One person with one browser. @internal */
export class Visitor {
  #cookies: readonly Cookie[] = [];

  /** Goes to an address, and on to wherever it leads. */
  visit(url: string): Promise<VisitedPage> {
    return this.#go(url);
  }

  /** Sends the form of this id, filled in, and goes on to wherever that leads. */
  submit(
    page: VisitedPage,
    id: string,
    filled: Readonly<Record<string, string>> = {},
  ): Promise<VisitedPage> {
    const form = formIn(page.text, id);
    expectThat(form, `there is no form ${id} on ${page.url}, which answered ${page.status}`);
    return this.#go(new URL(form.action, page.url).href, { ...form.hidden, ...filled });
  }

  async #go(start: string, form?: Readonly<Record<string, string>>): Promise<VisitedPage> {
    let url = start;
    let answer = await this.#send(url, form);
    for (let steps = 0; answer.headers['location'] !== undefined; steps += 1) {
      expectThat(steps < mostRedirects, `${start} leads round in circles`);
      url = new URL(answer.headers['location'], url).href;
      answer = await this.#send(url);
    }
    return { ...answer, url };
  }

  async #send(url: string, form?: Readonly<Record<string, string>>): Promise<Answer> {
    const { hostname, pathname } = new URL(url);
    const cookie = this.#cookies
      .filter(({ host, path }) => host === hostname && pathname.startsWith(path))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
    const headers: Record<string, string> = cookie === '' ? {} : { cookie };
    const answer = await send(url, { headers, ...(form && { method: 'POST', form }) });
    for (const line of answer.setCookies) this.#keep(hostname, line);
    return answer;
  }

  #keep(host: string, line: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    const path = /;\s*path=([^;]*)/i.exec(line)?.[1] ?? '/';
    const others = this.#cookies.filter(
      (one) => one.host !== host || one.path !== path || one.name !== name,
    );
    this.#cookies = value === '' ? others : [...others, { host, path, name, value }];
  }
}

interface Form {
  readonly action: string;
  readonly hidden: Readonly<Record<string, string>>;
}

const unescape = (text: string): string =>
  text
    .replaceAll('&quot;', '"')
    .replaceAll('&#x3D;', '=')
    .replaceAll('&#x27;', "'")
    .replaceAll('&amp;', '&');

/** The form of this id, with what stands in it already. */
function formIn(html: string, id: string): Form | undefined {
  const [, attributes, inside = ''] =
    new RegExp(`<form ([^>]*\\bid="${id}"[^>]*)>(.*?)</form>`, 's').exec(html) ?? [];
  const action = /\baction="([^"]*)"/.exec(attributes ?? '')?.[1];
  if (action === undefined) return undefined;
  const inputs = [...inside.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)];
  const hidden = inputs.map(([, name = '', value = '']) => [name, unescape(value)]);
  return { action: unescape(action), hidden: Object.fromEntries(hidden) as Form['hidden'] };
}
