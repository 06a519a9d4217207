import {
  Controller,
  Get,
  Header,
  Param,
  Query,
  StandardSchemaValidationPipe,
} from '@nestjs/common';
import { AnyScope, Audience } from '@countersign/auth';
import { invalidQuery } from '@countersign/runtime';
import { z } from 'zod';

import {
  composeMail,
  notificationTypes,
  type MailContent,
  type NotificationType,
} from '../mail/compose-mail.js';
import { describes } from './describes.js';
import { missingTemplate } from './problems.js';

const previewQuery = z.strictObject({
  name: z.string('must be given once').max(200, 'has more than 200 characters').default('Ada'),
});
const query = {
  schema: previewQuery,
  pipes: [new StandardSchemaValidationPipe({ exceptionFactory: invalidQuery })],
};

/** What Herald can say: for those who send it, and for those who only want to read it. */
@Controller('template')
@Audience('herald')
@AnyScope('notifications:send', 'notifications:preview')
export class TemplatesController {
  /** The types of notifications. */
  @Get()
  @describes.templates
  list(): { readonly types: readonly string[] } {
    return { types: notificationTypes };
  }

  /**
   * A mail as somebody of this name would get it. As JSON, HTML included: so that nothing a
   * request brings is ever a page of Herald's own origin.
   */
  @Get(':type/preview')
  @Header('Cache-Control', 'no-store')
  @describes.preview
  preview(
    @Param('type') type: string,
    @Query(query) { name }: z.output<typeof previewQuery>,
  ): MailContent {
    if (!isType(type)) throw missingTemplate();
    return composeMail(type, name);
  }
}

const isType = (text: string): text is NotificationType =>
  (notificationTypes as readonly string[]).includes(text);
