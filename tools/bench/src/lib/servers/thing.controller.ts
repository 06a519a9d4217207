import { Controller, Get } from '@nestjs/common';

/** The route that every contender serves; who may call it is for each to say. */
@Controller('thing')
export class ThingController {
  @Get()
  one() {
    return { ok: true };
  }
}
