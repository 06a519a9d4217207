import { Inject, Logger, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { DATABASE } from '@countersign/runtime';
import type { Database } from '@countersign/storage';
import { systemClock } from '@countersign/token';

import { IsUser } from './is-user.policy.js';
import { MayAdministerUsers } from './may-administer-users.policy.js';
import { MayChangeUser } from './may-change-user.policy.js';
import { MaySeeUser } from './may-see-user.policy.js';
import { MissLimit } from './miss-limit.js';
import { MissesRepository } from './misses.repository.js';
import { UserAccess } from './user-access.js';
import { UserUris } from './user-uris.js';
import { UsersController } from './users.controller.js';
import { readUsersFile } from './users-file.js';
import { UsersRepository } from './users.repository.js';
import { UsersService } from './users.service.js';

/** What the users need to know of their surroundings. */
export interface UsersOptions {
  /** This service's own URL, with its trailing slash. */
  readonly publicUrl: string;
  /** Users to write at every start. */
  readonly usersFile?: string | undefined;
}

const OPTIONS = Symbol('census:users-options');

/** Users: their records, their URIs, and who may see and change whom. */
@Module({
  controllers: [UsersController],
  providers: [IsUser, MaySeeUser, MayChangeUser, MayAdministerUsers],
})
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
        {
          provide: UsersService,
          inject: [UsersRepository, UserUris],
          useFactory: (users: UsersRepository, uris: UserUris) => new UsersService(users, uris),
        },
        {
          provide: MissLimit,
          inject: [DATABASE],
          useFactory: (database: Database) =>
            new MissLimit(new MissesRepository(database), systemClock),
        },
        {
          provide: UserAccess,
          inject: [UsersRepository, UserUris, MissLimit],
          useFactory: (users: UsersRepository, uris: UserUris, misses: MissLimit) =>
            new UserAccess(users, uris, misses),
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
