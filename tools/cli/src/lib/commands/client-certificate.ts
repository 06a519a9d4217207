import { X509Certificate } from 'node:crypto';

import { certificateThumbprint } from '@countersign/token';

import { CliError } from '../cli-error.js';
import { readPrivateText } from '../settings/read-private-text.js';
import type { Terminal } from '../terminal.js';
import type { Changes } from './edit.js';

/** What `--certificate` and `--bind` say of a client. */
export interface CertificateOptions {
  readonly certificate?: readonly string[] | false;
  readonly bind?: readonly string[];
}

const forms = 'subject=<name>, dns=<host>, uri=<uri>, file=<PEM> or keys';

/**
 * The members of a client that say by which certificate it is known, and what its tokens are bound
 * to.
 */
export async function certificateChanges(
  { certificate, bind }: CertificateOptions,
  terminal: Terminal,
): Promise<Changes> {
  return {
    ...(certificate === false ? { certificate: undefined } : {}),
    ...(certificate ? { certificate: await certificateOf(certificate, terminal) } : {}),
    ...(bind === undefined ? {} : bindingOf(bind)),
  };
}

async function certificateOf(
  texts: readonly string[],
  terminal: Terminal,
): Promise<Changes[string]> {
  const [text = ''] = texts;
  if (texts.every((one) => one.startsWith('file='))) {
    const files = texts.map((one) => one.slice('file='.length));
    return { thumbprints: await Promise.all(files.map((file) => thumbprintOf(file, terminal))) };
  }
  const [, name = '', value = ''] = /^(subject|dns|uri)=(.+)$/s.exec(text) ?? [];
  if (texts.length === 1 && text === 'keys') return { keys: true };
  if (texts.length === 1 && name !== '') return { [name]: value };
  throw new CliError('usage', `A certificate is known by one of ${forms}; files may be several.`);
}

async function thumbprintOf(file: string, terminal: Terminal): Promise<string> {
  const { text } = await readPrivateText(file, 'certificate', terminal);
  try {
    return certificateThumbprint(new X509Certificate(text).raw);
  } catch (cause) {
    throw new CliError('configuration', `The certificate ${file} is none in PEM.`, { cause });
  }
}

function bindingOf(names: readonly string[]): Changes {
  const isKnown = names.every((name) => name === 'dpop' || name === 'certificate');
  if (!isKnown && names.join() !== 'none') {
    throw new CliError('usage', 'Tokens are bound to dpop, certificate, dpop,certificate or none.');
  }
  return {
    dpopBoundAccessTokens: names.includes('dpop'),
    certificateBoundAccessTokens: names.includes('certificate'),
  };
}
