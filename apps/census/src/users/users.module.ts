import { Inject, Logger, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { DATABASE } from '@countersign/runtime';
import type { Database } from '@countersign/storage';

import { MaySeeUser } from './may-see-user.policy.js';
import { UserUris } from './user-uris.js';
import { UsersController } from './users.controller.js';
import { readUsersFile } from './users-file.js';
import { UsersRepository } from './users.repository.js';

/** What the users need to know of their surroundings. */
export interface UsersOptions {
  /** This service's own URL, with its trailing slash. */
  readonly publicUrl: string;
  /** Users to write at every start. */
  readonly usersFile?: string | undefined;
}

const OPTIONS = Symbol('census:users-options');

/** Users: their records, their URIs, and who may see whom. */
@Module({ controllers: [UsersController], providers: [MaySeeUser] })
export class UsersModule implements OnModuleInit {
  private readonly logger = new Logger(UsersModule.name);

  constructor(
    @Inject(OPTIONS) private readonly options: UsersOptions,
    private readonly users: UsersRepository,
  ) {}

  static forRoot(options: UsersOptions): DynamicModule {
    return {
      module: UsersModule,
      providers: [
        { provide: OPTIONS, useValue: options },
        { provide: UserUris, useValue: new UserUris(options.publicUrl) },
        {
          provide: UsersRepository,
          inject: [DATABASE],
          useFactory: (database: Database) => new UsersRepository(database),
        },
      ],
    };
  }

  /** Writes the users of `USERS_FILE`; a wrong file stops the start. */
  async onModuleInit(): Promise<void> {
    const { usersFile } = this.options;
    if (usersFile === undefined) return;
    const listed = await readUsersFile(usersFile);
    await this.users.import(listed);
    this.logger.log({ event: 'users.imported', count: listed.length });
  }
}
