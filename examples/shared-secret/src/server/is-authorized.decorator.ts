import { applyDecorators } from '@nestjs/common';
import { Audience, Callers, SingleUse } from '@countersign/auth';

/** Only for the client, with a token that it made for this server and never used before. */
export const isAuthorized = () =>
  applyDecorators(Audience('server'), Callers('client'), SingleUse());
