/** Why a mail did not leave; `permanent` means that trying again cannot help. */
export interface SmtpFailure {
  readonly permanent: boolean;
  /** A word for logs and rows: never the relay's own text, which quotes the recipient. */
  readonly reason: string;
}

interface SmtpErrorLike {
  readonly code?: unknown;
  readonly command?: unknown;
  readonly responseCode?: unknown;
}

// 5xx to anything else (greeting, EHLO, AUTH, STARTTLS) is about us or the relay, not this mail.
const ABOUT_THIS_MAIL = new Set(['MAIL FROM', 'RCPT TO', 'DATA']);
// RFC 4954 section 6: the relay wants (other) credentials or encryption.
const ABOUT_CREDENTIALS = new Set([530, 534, 535, 538]);

/**
 * Tells a mail that was refused for good (5xx to sender, recipient or content; RFC 5321 section
 * 4.2.1) from everything that may pass: 4xx, connections, timeouts, TLS and credentials.
 */
export function classifySmtpFailure(error: unknown): SmtpFailure {
  const { code, command, responseCode } = (error ?? {}) as SmtpErrorLike;
  const answer = typeof responseCode === 'number' ? responseCode : undefined;
  const permanent =
    answer !== undefined &&
    answer >= 500 &&
    answer <= 599 &&
    !ABOUT_CREDENTIALS.has(answer) &&
    typeof command === 'string' &&
    ABOUT_THIS_MAIL.has(command);
  return { permanent, reason: answer === undefined ? word(code) : `smtp_${answer}` };
}

const word = (code: unknown): string =>
  typeof code === 'string' && /^[A-Z0-9_]{1,40}$/.test(code) ? code.toLowerCase() : 'smtp_error';
