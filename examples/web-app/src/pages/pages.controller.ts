import { Controller, Get, Header, Query, Redirect, Req, Res } from '@nestjs/common';
import { Public } from '@countersign/auth';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { loginOf } from '../session/login-of.js';
import { icon } from './icon.js';
import { landingPage } from './landing.page.js';
import { style } from './style.js';

const anyone = 'the same for everybody, and holds nothing of anybody';
const cached = 'public, max-age=3600';

/** What can be seen without being logged in. */
@Controller()
export class PagesController {
  @Get()
  @Public({ reason: 'shows the way in' })
  start(
    @Req() request: FastifyRequest,
    @Query('ended') ended: unknown,
    @Res() reply: FastifyReply,
  ): unknown {
    if (loginOf(request) !== undefined) return reply.redirect('/notifications', 303);
    return reply.type('text/html; charset=utf-8').send(landingPage(ended !== undefined));
  }

  @Get('style.css')
  @Header('content-type', 'text/css; charset=utf-8')
  @Header('cache-control', cached)
  @Public({ reason: anyone })
  style(): string {
    return style;
  }

  @Get('icon.svg')
  @Header('content-type', 'image/svg+xml')
  @Header('cache-control', cached)
  @Public({ reason: anyone })
  icon(): string {
    return icon;
  }

  @Get('favicon.ico')
  @Redirect('/icon.svg', 301)
  @Public({ reason: anyone })
  favicon(): void {
    // Browsers ask for it whatever a page says.
  }

  @Get('health/ready')
  @Header('cache-control', 'no-store')
  @Public({ reason: 'readiness probe' })
  ready(): { readonly status: 'ok' } {
    return { status: 'ok' };
  }
}
