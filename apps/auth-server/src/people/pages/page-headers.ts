import { stylesHash } from './styles.js';

/**
 * Header fields of every page: nothing is loaded, framed, kept or told to others.
 * @param formTargets Origins that a form of the page may lead to at last, besides our own: browsers
 * hold `form-action` against redirects, too, and a login ends at the application.
 */
export function pageHeaders(formTargets: readonly string[] = []): Readonly<Record<string, string>> {
  const policy = [
    `default-src 'none'`,
    `style-src ${stylesHash}`,
    `form-action ${["'self'", ...formTargets].join(' ')}`,
    `frame-ancestors 'none'`,
    `base-uri 'none'`,
  ];
  return {
    'content-security-policy': policy.join('; '),
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=()',
    'x-robots-tag': 'noindex',
  };
}
