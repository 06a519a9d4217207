import type { DeclaredCall } from '@countersign/token';

import type { ClientsOptions } from '../outbound/countersign-clients.module.js';
import { resolveClient } from '../outbound/service-client.options.js';

/** The calls that clients are declared for, sorted by name. @internal */
export function declaredCalls(clients: ClientsOptions['clients']): readonly DeclaredCall[] {
  return Object.keys(clients)
    .sort()
    .flatMap((target) => {
      const options = clients[target];
      return options === undefined ? [] : [declaredCall(target, options)];
    });
}

function declaredCall(target: string, options: ClientsOptions['clients'][string]): DeclaredCall {
  const { as, asSelf, asSubject, audience, url, scopes, bound } = resolveClient(target, options);
  return {
    target,
    audience,
    url,
    scopes: [...scopes],
    bound,
    ...(as !== 'subject' && { asSelf: asSelf.origins ?? [] }),
    ...(as !== 'self' && { asSubject: asSubject.origins ?? [] }),
  };
}
