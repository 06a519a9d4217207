import { Module, type CanActivate } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';

import { serve } from './serve.js';
import { ThingController } from './thing.controller.js';

// What Nest itself takes for a guard, whatever the guard does.
class EmptyGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

@Module({
  controllers: [ThingController],
  providers: [{ provide: APP_GUARD, useClass: EmptyGuard }],
})
class EmptyGuardModule {}

await serve(EmptyGuardModule);
