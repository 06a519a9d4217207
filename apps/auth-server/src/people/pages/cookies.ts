/** Cookies of the pages: HttpOnly, of this host alone, sent with no request of another site's page. */

/** How a cookie is set. */
export interface CookieSettings {
  /** Seconds; without it the browser forgets it when it ends. */
  readonly maxAge?: number;
  /** Below which path it is sent; `/` unless told. */
  readonly path?: string;
}

/** Names and writes cookies, for a server under https or, on one machine, http. */
export class Cookies {
  private readonly isSecure: boolean;

  constructor(publicUrl: string) {
    this.isSecure = publicUrl.startsWith('https:');
  }

  /** The value of a cookie; undefined when it is not there, or there twice: one may be planted. */
  read(
    header: string | undefined,
    name: string,
    { path = '/' }: CookieSettings = {},
  ): string | undefined {
    const wanted = this.nameOf(name, path);
    const values = (header ?? '')
      .split(';')
      .map((pair) => pair.trim())
      .filter((pair) => pair.startsWith(`${wanted}=`))
      .map((pair) => pair.slice(wanted.length + 1));
    return values.length === 1 ? values[0] : undefined;
  }

  /** A `Set-Cookie` field; values must be of base64url and dots. */
  write(name: string, value: string, { maxAge, path = '/' }: CookieSettings = {}): string {
    return [
      `${this.nameOf(name, path)}=${value}`,
      `Path=${path}`,
      ...(maxAge === undefined ? [] : [`Max-Age=${maxAge}`]),
      'HttpOnly',
      // Lax: whoever comes from an application, or from a mail, still has it.
      'SameSite=Lax',
      ...(this.isSecure ? ['Secure'] : []),
    ].join('; ');
  }

  /** `__Host-`: nobody of a neighbouring host can have set it (RFC 6265bis section 4.1.3.2). */
  private nameOf(name: string, path: string): string {
    const plain = `countersign-${name}`;
    if (!this.isSecure) return plain;
    return path === '/' ? `__Host-${plain}` : `__Secure-${plain}`;
  }
}
