import { Module } from '@nestjs/common';
import { DATABASE } from '@countersign/runtime';
import type { Database } from '@countersign/storage';

import { plainPages } from '../pages/plain-pages.js';
import { PEOPLE_ACCOUNTS } from '../people-accounts.js';
import { PEOPLE_PAGES } from '../people-pages.js';
import { AccountStore } from './account-store.js';
import { InteractionController } from './interaction.controller.js';

/** Accounts with passwords, and the pages on which people log in. */
@Module({
  controllers: [InteractionController],
  providers: [
    {
      provide: AccountStore,
      inject: [DATABASE],
      useFactory: (database: Database) => new AccountStore(database),
    },
    { provide: PEOPLE_ACCOUNTS, useExisting: AccountStore },
    { provide: PEOPLE_PAGES, useValue: plainPages },
  ],
  exports: [AccountStore, PEOPLE_ACCOUNTS, PEOPLE_PAGES],
})
export class AccountsModule {}
