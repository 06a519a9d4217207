import { accessErrors, type ErrorSpec } from '@countersign/token';

const HEADING = `# Refusals and their codes

Generated from the code (\`npx nx run checks:write-docs\`); a change here is a change of the public API.

Every refusal of a guarded route is answered as \`application/problem+json\` (RFC 9457) with a stable
\`code\` and a \`decision\` id. What was expected and what came stands in the service's log under that
id, never in the answer. Where RFC 6750 or RFC 9449 has a challenge, \`WWW-Authenticate\` carries it; a 503 carries
\`Retry-After\`: nobody could decide, so the request was neither refused nor let through.

| Code | Status | Challenge \`error\` | Answer |
| --- | --- | --- | --- |`;

/** The text of `docs/errors.md`. */
export function errorsDocument(): string {
  const rows = Object.entries<ErrorSpec>(accessErrors).map(
    ([code, { status, error, message }]) =>
      `| \`${code}\` | ${status} | ${challenge(status, error)} | ${message} |`,
  );
  return `${[HEADING, ...rows].join('\n')}\n`;
}

function challenge(status: number, error: string | undefined): string {
  if (status === 503) return '`Retry-After`';
  if (error) return `\`${error}\``;
  return status === 401 ? 'realm only' : '';
}
