import { Module } from '@nestjs/common';

import { serve } from './serve.js';
import { ThingController } from './thing.controller.js';

@Module({ controllers: [ThingController] })
class UnguardedModule {}

await serve(UnguardedModule);
