import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { DATABASE, SigningKeys } from '@countersign/runtime';
import type { Database } from '@countersign/storage';
import { selfIssuedTokens } from '@countersign/token';

import { CensusClient } from '../census/census.client.js';
import { DeliveryLifecycle } from '../delivery/delivery-lifecycle.js';
import { DeliveryQueue } from '../delivery/delivery-queue.js';
import { DeliveryWorker, type DeliverySettings } from '../delivery/delivery-worker.js';
import { Mailer, type MailerOptions } from '../mail/mailer.js';
import { MaySeeNotification } from './may-see-notification.policy.js';
import { NotificationUris } from './notification-uris.js';
import { NotificationsController } from './notifications.controller.js';
import { NotificationsRepository } from './notifications.repository.js';
import { NotificationsService } from './notifications.service.js';

/** What notifications need to know of their surroundings. */
export interface NotificationsOptions {
  /** Herald's own URL: issuer of its tokens, beginning of its URIs. */
  readonly publicUrl: string;
  readonly censusUrl: string;
  readonly mail: MailerOptions;
  readonly delivery: DeliverySettings;
}

/** Notifications: accepted over HTTP, recorded, delivered by mail. */
@Module({ controllers: [NotificationsController] })
export class NotificationsModule {
  static forRoot(options: NotificationsOptions): DynamicModule {
    return {
      module: NotificationsModule,
      providers: [...outbound(options), ...delivery(options), ...records(options)],
    };
  }
}

/** Herald as a caller: of Census, and of the mail relay. */
function outbound({ publicUrl, censusUrl, mail }: NotificationsOptions): Provider[] {
  return [
    {
      provide: CensusClient,
      inject: [SigningKeys],
      useFactory: (keys: SigningKeys) =>
        new CensusClient({
          url: censusUrl,
          tokens: selfIssuedTokens({ issuer: publicUrl, signer: () => keys.signer() }),
        }),
    },
    { provide: Mailer, useFactory: () => new Mailer(mail) },
  ];
}

function delivery({ delivery: settings }: NotificationsOptions): Provider[] {
  return [
    {
      provide: DeliveryQueue,
      inject: [DATABASE],
      useFactory: (database: Database) => new DeliveryQueue(database),
    },
    {
      provide: DeliveryWorker,
      inject: [DATABASE, DeliveryQueue, NotificationsRepository, Mailer],
      useFactory: (
        database: Database,
        queue: DeliveryQueue,
        notifications: NotificationsRepository,
        mailer: Mailer,
      ) => new DeliveryWorker({ database, queue, notifications, mailer, settings }),
    },
    DeliveryLifecycle,
  ];
}

function records({ publicUrl, censusUrl, mail }: NotificationsOptions): Provider[] {
  const mailDomain = mail.from.address.slice(mail.from.address.indexOf('@') + 1);
  return [
    NotificationsRepository,
    { provide: NotificationUris, useValue: new NotificationUris(publicUrl) },
    {
      provide: MaySeeNotification,
      inject: [DATABASE, NotificationsRepository],
      useFactory: (database: Database, notifications: NotificationsRepository) =>
        new MaySeeNotification(database, notifications),
    },
    {
      provide: NotificationsService,
      inject: [DATABASE, NotificationsRepository, DeliveryQueue, DeliveryWorker, CensusClient],
      useFactory: (
        database: Database,
        notifications: NotificationsRepository,
        queue: DeliveryQueue,
        worker: DeliveryWorker,
        census: CensusClient,
      ) =>
        new NotificationsService({
          database,
          notifications,
          queue,
          worker,
          census,
          censusUrl,
          mailDomain,
        }),
    },
  ];
}
