import { Injectable } from '@nestjs/common';
import { InjectClient, ServiceCallError, ServiceClient } from '@countersign/auth';

import type { LinkMail, MailSender } from './people-mail.js';

/** What a token for Herald has to be worth. */
export const heraldScopes = ['notifications:links'] as const;

/** 422 is about what was asked for: asking again changes nothing. */
const hopeless = 422;

/** Has Herald send the mails: as this server itself, about a user of Census. */
@Injectable()
export class HeraldSender implements MailSender {
  constructor(@InjectClient('herald') private readonly herald: ServiceClient) {}

  async send({ id, ...mail }: LinkMail): Promise<'taken' | 'refused'> {
    try {
      const headers = { 'idempotency-key': id };
      await this.herald.asSelf().post('/notification/', mail, { headers, idempotent: true });
      return 'taken';
    } catch (error) {
      if (error instanceof ServiceCallError && error.status === hopeless) return 'refused';
      throw error;
    }
  }
}
