/** What docs/guides/act-for-a-user.md shows, to the letter: `guide.spec.ts` compares them. */
import { CountersignClientsModule, type ServiceClient } from '@countersign/auth';
import { privateKeyJwt, tokenExchange, type Signer } from '@countersign/token';

/** The clients of the guide. */
export function clientsOf(signer: Signer) {
  const clients = CountersignClientsModule.forRoot({
    clients: {
      herald: {
        url: 'https://herald.example/',
        scopes: ['notifications:send'],
        source: tokenExchange({
          issuer: 'https://auth.example',
          client: privateKeyJwt('web-app', { signer }),
        }),
      },
    },
  });
  return clients;
}

/** Calls as the guide does. */
export class Notes {
  constructor(private readonly herald: ServiceClient) {}

  async send(user: { readonly uri: string }, accessToken: string, expiresAt: number) {
    await this.herald
      .asUser({ uri: user.uri, token: accessToken, expiresAt })
      .post('/notification/', { user: user.uri, type: 'welcome-message' });
  }
}
