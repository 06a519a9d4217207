import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';

import { Mailer } from '../mail/mailer.js';
import { DeliveryQueue } from './delivery-queue.js';
import { DeliveryWorker } from './delivery-worker.js';

/**
 * Starts deliveries with the application and ends them in the order in which nothing is cut off:
 * first no more jobs, then what is under way, then the connections they used. Requests in flight
 * may still record notifications meanwhile; the database is closed last, by its own module.
 */
@Injectable()
export class DeliveryLifecycle
  implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown
{
  private started = false;

  constructor(
    private readonly queue: DeliveryQueue,
    private readonly worker: DeliveryWorker,
    private readonly mailer: Mailer,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.queue.start();
    this.started = true;
    this.worker.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (!this.started) return;
    await this.worker.stop();
    await this.queue.stop();
  }

  onApplicationShutdown(): void {
    this.mailer.close();
  }
}
