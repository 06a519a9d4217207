import { relative } from 'node:path';

import type { Fleet } from '../start-fleet.js';
import type { Screen } from './screen.js';

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * Commands that work when pasted into another shell. Secrets come from demo.env and go to
 * curl through its standard input: what stands in argv, every user of the machine can read.
 * @internal
 */
export function commandsToTry(demoEnvFile: string): readonly (readonly [string, string])[] {
  const file = quoted(demoEnvFile);
  return [
    [
      'a token of your own, and the record it opens',
      [
        `. ${file}`,
        `TOKEN=$(printf 'user = "%s:%s"' "$CLIENT_ID" "$CLIENT_SECRET" | curl -sS -K - "$TOKEN_URL" \\`,
        `  -d grant_type=client_credentials --data-urlencode "resource=$AUDIENCE" \\`,
        `  | node -p 'JSON.parse(fs.readFileSync(0)).access_token')`,
        `printf 'oauth2-bearer = "%s"' "$TOKEN" | curl -sS -K - "$RESOURCE_URL"`,
      ].join('\n'),
    ],
    ['the same call without a token', `. ${file}; curl -sS -i "$RESOURCE_URL"`],
    ['every mail that arrived', `. ${file}; curl -sS "$MAILBOX_URL"`],
  ];
}

/** Why the fleet decided as it did, asked of the services themselves. @internal */
export function whyCommand(cliConfigFile: string, decision: string): readonly [string, string] {
  return [
    'why the other team was refused, step by step, as the service tells who may ask',
    `COUNTERSIGN_CONFIG=${quoted(cliConfigFile)} npx countersign why ${decision}`,
  ];
}

/** Shows where everything is, and what to try; of a decision that refused also why. @internal */
export function showCommands(fleet: Fleet, screen: Screen, decision?: string): void {
  const { urls, mail, demoEnvFile, accounts } = fleet;
  screen.facts([
    ['auth-server', urls.issuer],
    ['herald', urls.herald],
    ['census', urls.census],
    ['mailbox', mail.mailboxUrl],
    ['demo.env', relative(process.cwd(), demoEnvFile) || demoEnvFile],
  ]);
  if (accounts) {
    screen.line();
    screen.line('Open in a browser, and log in:');
    screen.facts([
      ['web-app', urls.webApp],
      ['e-mail', accounts.sender.email],
      ['password', accounts.sender.password],
    ]);
  }
  screen.line();
  screen.line(
    'Try, in another shell (secrets go to curl through its standard input: its arguments',
  );
  screen.line('can be read by every user of this machine):');
  const why = decision === undefined ? [] : [whyCommand(fleet.cliConfigFile, decision)];
  for (const [title, command] of [...commandsToTry(demoEnvFile), ...why]) {
    screen.line();
    screen.line(`# ${title}`);
    screen.line(command);
  }
  screen.line();
}
