/** As much of a browser as the application can tell: it keeps cookies, and follows no redirect alone. */
export class Browser {
  readonly cookies = new Map<string, string>();
  /** All `Set-Cookie` lines so far. */
  readonly setCookies: string[] = [];

  constructor(
    readonly origin: string,
    private readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  get(path: string) {
    return this.#send(path, 'GET');
  }

  post(path: string, form: Readonly<Record<string, string>>) {
    return this.#send(path, 'POST', new URLSearchParams(form));
  }

  /** Another one with the same cookies, which then go their own ways. */
  copy(): Browser {
    const copy = new Browser(this.origin, this.headers);
    for (const [name, value] of this.cookies) copy.cookies.set(name, value);
    return copy;
  }

  async #send(path: string, method: string, body?: URLSearchParams) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(new URL(path, this.origin), {
      method,
      redirect: 'manual',
      headers: { ...this.headers, ...(cookie !== '' && { cookie }) },
      ...(body && { body }),
    });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    const { status, headers } = response;
    return { status, headers, text: await response.text(), to: headers.get('location') ?? '' };
  }

  #keep(line: string): void {
    this.setCookies.push(line);
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    const isGone = value === '' || /max-age=0|1970/i.test(line);
    if (isGone) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}

/** The values of the hidden fields of the form with this action. */
export function fieldsOf(html: string, action: string): Record<string, string> {
  const [, form = ''] = new RegExp(`action="${action}">(.*?)</form>`, 's').exec(html) ?? [];
  const fields = [...form.matchAll(/name="([^"]+)" value="([^"]*)"/g)];
  return Object.fromEntries(fields.map(([, name, value]) => [name as string, value as string]));
}
