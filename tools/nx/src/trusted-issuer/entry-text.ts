import { literal } from '../source/options-of.js';
import { isForeign, type Issuer } from './normalize.js';

/** The function of `@countersign/token` that makes the entry. @internal */
export function functionFor({ kind }: Issuer): string {
  if (kind === 'service-peer') return 'servicePeer';
  return kind === 'authorization-server' ? 'authorizationServer' : 'foreignServer';
}

/** The entry of the trust list, as it is written. @internal */
export function entryText(entry: Issuer): string {
  const { name, kind, issuer } = entry;
  const call = functionFor(entry);
  if (kind === 'service-peer')
    return `${call}(${literal(name)}, { issuer: ${literal(issuer)}, jwks: ${literal(keysOf(entry))}${limits(entry)} })`;
  const keys = entry.jwks === undefined ? '' : `, jwksUri: ${literal(entry.jwks)}`;
  if (isForeign(kind))
    return `${call}(${literal(kind)}, { name: ${literal(name)}, issuer: ${literal(issuer)}${keys}${foreignLimits(entry)} })`;
  return `${call}(${literal(issuer)}, { name: ${literal(name)}${keys}${limits(entry)} })`;
}

const keysOf = ({ issuer, jwks }: Issuer): string =>
  jwks ?? `${issuer.replace(/\/$/, '')}/.well-known/jwks.json`;

function limits({ scopes, subjects }: Issuer): string {
  const may = scopes.length > 0 ? `, mayAssert: ${literal(scopes)}` : '';
  return subjects.length > 0 ? `${may}, subjects: ${literal(subjects)}` : may;
}

/** There is no default for what a server that is not ours may say: without scopes it is nothing. */
function foreignLimits({ scopes, subjects: [prefix] }: Issuer): string {
  const users = prefix === undefined ? '' : `, subjects: { prefix: ${literal(prefix)} }`;
  return `, mayAssert: ${literal(scopes)}${users}`;
}
