import type { AskedOf } from './templates.js';

/** What an application asks for. */
interface AskedScope {
  readonly scope: string;
  /** Whose scope it is; none for what is about the person only. */
  readonly services: readonly string[];
}

/** Scopes of OpenID Connect (Core section 5.4), in words. */
const ofPerson: Readonly<Record<string, string>> = {
  openid: 'Know that you are you',
  profile: 'Read your name',
  email: 'Read your e-mail address',
};

/** Scopes as a person reads them. */
export function asksOf(scopes: readonly AskedScope[]): readonly AskedOf[] {
  return scopes.map(({ scope, services }) => {
    const known = Object.hasOwn(ofPerson, scope) ? ofPerson[scope] : undefined;
    const text = services.length > 0 ? `Act for you at ${services.join(' and ')}` : known;
    return { scope, text: text ?? 'Something of its own' };
  });
}
