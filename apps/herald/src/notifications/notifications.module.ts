import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { DATABASE, SharedSecrets } from '@countersign/runtime';
import type { Database } from '@countersign/storage';
import { systemClock } from '@countersign/token';

import { CENSUS_URL, CensusClient } from '../census/census.client.js';
import { DeliveryLifecycle } from '../delivery/delivery-lifecycle.js';
import { DeliveryQueue, type QueueSettings } from '../delivery/delivery-queue.js';
import { DeliveryWorker, type DeliverySettings } from '../delivery/delivery-worker.js';
import { Mailer, type MailerOptions } from '../mail/mailer.js';
import { IdempotencyKeysRepository } from './idempotency-keys.repository.js';
import { Intake, type IntakeLimits } from './intake.js';
import { MayResendNotification } from './may-resend-notification.policy.js';
import { MaySeeNotification } from './may-see-notification.policy.js';
import { NotificationUris } from './notification-uris.js';
import { NotificationsController } from './notifications.controller.js';
import { NotificationsRepository } from './notifications.repository.js';
import { NotificationsService } from './notifications.service.js';
import { SealedLinks } from './sealed-links.js';
import { TemplatesController } from './templates.controller.js';

/** What notifications need to know of their surroundings. */
export interface NotificationsOptions {
  /** Herald's own URL: beginning of its URIs. */
  readonly publicUrl: string;
  readonly censusUrl: string;
  /** The issuer, without a final slash. */
  readonly authServerUrl: string;
  readonly mail: MailerOptions;
  readonly delivery: DeliverySettings & QueueSettings;
  readonly limits: IntakeLimits;
}

/** Notifications: accepted over HTTP, recorded, delivered by mail. */
@Module({ controllers: [NotificationsController, TemplatesController] })
export class NotificationsModule {
  static forRoot(options: NotificationsOptions): DynamicModule {
    return {
      module: NotificationsModule,
      providers: [...outbound(options), ...delivery(options), ...records(options)],
    };
  }
}

/** Herald as a caller: of Census, and of the mail relay. */
function outbound({ censusUrl, mail }: NotificationsOptions): Provider[] {
  return [
    { provide: CENSUS_URL, useValue: censusUrl },
    CensusClient,
    { provide: Mailer, useFactory: () => new Mailer(mail) },
  ];
}

function delivery({ delivery: settings }: NotificationsOptions): Provider[] {
  return [
    {
      provide: DeliveryQueue,
      inject: [DATABASE],
      useFactory: (database: Database) => new DeliveryQueue(database, settings),
    },
    {
      provide: DeliveryWorker,
      inject: [DATABASE, DeliveryQueue, NotificationsRepository, SealedLinks, Mailer],
      useFactory: (
        database: Database,
        queue: DeliveryQueue,
        notifications: NotificationsRepository,
        sealedLinks: SealedLinks,
        mailer: Mailer,
      ) => new DeliveryWorker({ database, queue, notifications, sealedLinks, mailer, settings }),
    },
    DeliveryLifecycle,
  ];
}

function records(options: NotificationsOptions): Provider[] {
  return [
    NotificationsRepository,
    IdempotencyKeysRepository,
    {
      provide: SealedLinks,
      inject: [SharedSecrets],
      useFactory: (secrets: SharedSecrets) => new SealedLinks(secrets),
    },
    { provide: NotificationUris, useValue: new NotificationUris(options.publicUrl) },
    ...[MaySeeNotification, MayResendNotification].map((Policy) => ({
      provide: Policy,
      inject: [DATABASE, NotificationsRepository],
      useFactory: (database: Database, notifications: NotificationsRepository) =>
        new Policy(database, notifications),
    })),
    {
      provide: Intake,
      inject: [DATABASE, NotificationsRepository],
      useFactory: (database: Database, notifications: NotificationsRepository) =>
        new Intake(database, notifications, options.limits, systemClock),
    },
    service(options),
  ];
}

function service({ censusUrl, authServerUrl, mail }: NotificationsOptions): Provider {
  const mailDomain = mail.from.address.slice(mail.from.address.indexOf('@') + 1);
  return {
    provide: NotificationsService,
    inject: [
      DATABASE,
      NotificationsRepository,
      IdempotencyKeysRepository,
      DeliveryQueue,
      DeliveryWorker,
      CensusClient,
      Intake,
      SealedLinks,
    ],
    useFactory: (
      database: Database,
      notifications: NotificationsRepository,
      keys: IdempotencyKeysRepository,
      queue: DeliveryQueue,
      worker: DeliveryWorker,
      census: CensusClient,
      intake: Intake,
      sealedLinks: SealedLinks,
    ) => {
      const parts = { database, notifications, keys, queue, worker, census, intake, sealedLinks };
      return new NotificationsService({ ...parts, censusUrl, authServerUrl, mailDomain });
    },
  };
}
