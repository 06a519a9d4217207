import {
  Controller,
  Get,
  GoneException,
  Header,
  Inject,
  NotFoundException,
  Param,
} from '@nestjs/common';
import type { Type } from '@nestjs/common';
import type { DecisionRecord } from '@countersign/token';

import { Audience, Scopes } from '../decorators/access.decorator.js';
import { DecisionKeeping } from './decision-keeping.js';
import type { DecisionsOverview } from './decision-keeping.js';

const problem = (title: string, status: number, code: string, detail: string) => ({
  type: 'about:blank',
  title,
  status,
  detail,
  code,
});

/** The routes of one service, under a rule of our own decorators. @internal */
export function decisionsController(path: string, audience: string, scope: string): Type {
  @Controller(path)
  @Audience(audience)
  @Scopes(scope)
  class DecisionsController {
    constructor(@Inject(DecisionKeeping) private readonly keeping: DecisionKeeping) {}

    /** How much is kept since when, and the latest of it. */
    @Get()
    @Header('Cache-Control', 'no-store')
    overview(): DecisionsOverview {
      return this.keeping.overview();
    }

    /** A decision with all that was looked at. */
    @Get(':decision')
    @Header('Cache-Control', 'no-store')
    one(@Param('decision') decision: string): DecisionRecord {
      const found = this.keeping.find(decision);
      if (found.is === 'kept') return found.record;
      if (found.is === 'forgotten')
        throw new GoneException(
          problem(
            'Gone',
            410,
            'DECISION_FORGOTTEN',
            `Decisions are kept here since ${found.since}, and this one is older`,
          ),
        );
      throw new NotFoundException(
        problem('Not Found', 404, 'DECISION_UNKNOWN', 'This process made no such decision'),
      );
    }
  }
  return DecisionsController;
}
