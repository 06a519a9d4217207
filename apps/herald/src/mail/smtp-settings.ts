import { isLoopbackHost } from '@countersign/token';

/** What the mail relay is told about connections in the clear. */
export type SmtpTls = 'required' | 'none';

/** Where mails go, and how safely. */
export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  /** `implicit` from the first byte, `starttls` mandatory, `none` in the clear. */
  readonly tls: 'implicit' | 'starttls' | 'none';
  readonly credentials: { readonly user: string; readonly password: string } | undefined;
}

const DEFAULT_PORTS = { 'smtp:': 587, 'smtps:': 465 } as const;

/**
 * Reads `SMTP_URL` (`smtp://` or `smtps://`, host, optional port and credentials).
 *
 * `smtp://` demands STARTTLS with a valid certificate, except towards this very machine; anything
 * less takes the explicit word `none`. Options in a query (which could switch certificate checks
 * off unseen) are refused, and so are credentials that would travel in the clear.
 * @throws TypeError without the URL, which may hold a password.
 */
export function parseSmtpUrl(text: string, tls?: SmtpTls): SmtpSettings {
  const url = parse(text);
  const isLocal = isLoopbackHost(url.hostname);
  const settings: SmtpSettings = {
    // The brackets of an IPv6 address belong to URLs, not to sockets.
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || DEFAULT_PORTS[url.protocol as keyof typeof DEFAULT_PORTS],
    tls: protection(url.protocol, isLocal, tls),
    credentials: url.username
      ? { user: decode(url.username), password: decode(url.password) }
      : undefined,
  };
  if (settings.tls === 'none' && settings.credentials && !isLocal)
    throw new TypeError('credentials in the clear are refused: use smtps://, or STARTTLS');
  return settings;
}

function parse(text: string): URL {
  if (!URL.canParse(text)) throw new TypeError('is not a URL');
  const url = new URL(text);
  if (!(url.protocol in DEFAULT_PORTS)) throw new TypeError('must begin with smtp:// or smtps://');
  if (!url.hostname) throw new TypeError('names no host');
  if (url.search || url.hash || !['', '/'].includes(url.pathname))
    throw new TypeError('takes no path, query or fragment');
  return url;
}

function protection(protocol: string, isLocal: boolean, tls?: SmtpTls): SmtpSettings['tls'] {
  if (protocol === 'smtps:') {
    if (tls === 'none') throw new TypeError('smtps:// contradicts SMTP_TLS=none');
    return 'implicit';
  }
  return (tls ?? (isLocal ? 'none' : 'required')) === 'required' ? 'starttls' : 'none';
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError('holds credentials that are not percent-encoded');
  }
}
