import { CliError } from '../cli-error.js';

const secretOptions = [
  '--secret',
  '--client-secret',
  '--password',
  '--token',
  '--access-token',
  '--credential',
];

/**
 * Refuses, before anything else looks at the arguments, options that would carry a secret and
 * arguments that are one: every user of the machine reads them in the list of processes, and the
 * shell keeps them in its history. Does not repeat what it found.
 */
export function refuseSecretsInArgv(argv: readonly string[]): void {
  const option = secretOptions.find((name) =>
    argv.some((argument) => argument === name || argument.startsWith(`${name}=`)),
  );
  const why = 'anybody on this machine can read the arguments of a process';
  if (option !== undefined) {
    throw new CliError('usage', `${option} does not exist: ${why}.`, {
      fix: 'Put the secret into a file and name it with --secret-file (or COUNTERSIGN_SECRET_FILE), or send it to standard input with --secret-file -.',
    });
  }
  if (argv.some(isSecret)) {
    throw new CliError('usage', `An argument is a secret or a token: ${why}.`, {
      fix: 'Read it from a file or from standard input (-). Replace it: it has been seen.',
    });
  }
}

function isSecret(argument: string): boolean {
  const [, value = ''] = argument.startsWith('-') ? argument.split(/=(.*)/s) : ['', argument];
  // A compact JWT begins with `{"` in base64url; ours begin with cs_ and hold 43 random characters.
  return /^ey[JK][\w-]+\.[\w-]+\.[\w-]*/.test(value) || /^cs_.*[\w-]{43}$/.test(value);
}
