import { Controller, Get, Module } from '@nestjs/common';

import { serve } from './serve.js';

@Controller('thing')
class ThingController {
  @Get()
  one() {
    return { ok: true };
  }
}

@Module({ controllers: [ThingController] })
class UnguardedModule {}

await serve(UnguardedModule);
