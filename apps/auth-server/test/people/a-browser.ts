/** A browser as far as a login needs one: cookies by path, and no redirect followed unasked. */
export interface Opened {
  readonly status: number;
  /** Where it is sent on to. */
  readonly location: string;
  readonly text: string;
  readonly headers: Headers;
}

interface Cookie {
  readonly value: string;
  readonly path: string;
}

/** A browser whose every address is answered by one server, or by another one later. */
export class Browser {
  readonly cookies = new Map<string, Cookie>();

  /** `base`: where the server that is `issuer` listens. */
  constructor(
    public base: string,
    private readonly issuer: string,
  ) {}

  /** Opens an address, or posts a form to it. */
  async open(
    address: string,
    form?: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Opened> {
    const url = new URL(address, `${this.issuer}/`);
    const response = await fetch(new URL(url.pathname + url.search, this.base), {
      method: form ? 'POST' : 'GET',
      redirect: 'manual',
      headers: { cookie: this.cookiesFor(url.pathname), accept: 'text/html', ...headers },
      ...(form ? { body: new URLSearchParams(form) } : {}),
    });
    for (const cookie of response.headers.getSetCookie()) this.keep(cookie);
    const { status } = response;
    return {
      status,
      headers: response.headers,
      location: response.headers.get('location') ?? '',
      text: await response.text(),
    };
  }

  private cookiesFor(path: string): string {
    return [...this.cookies]
      .filter(([, { path: at }]) => path.startsWith(at))
      .map(([name, { value }]) => `${name.split(' ')[0]}=${value}`)
      .join('; ');
  }

  private keep(header: string): void {
    const [pair = '', ...attributes] = header.split('; ');
    const [name = '', value = ''] = [pair.slice(0, pair.indexOf('=')), pair.split('=')[1]];
    const path = attributes.find((one) => /^path=/i.test(one))?.slice(5) ?? '/';
    const key = `${name} ${path}`;
    if (/expires=Thu, 01 Jan 1970|Max-Age=0(;|$)/.test(header)) this.cookies.delete(key);
    else this.cookies.set(key, { value, path });
  }
}
