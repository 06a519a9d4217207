import { Inject } from '@nestjs/common';

import { AdminController } from '../../admin/admin-controller.decorator.js';
import { KeysController } from '../../admin/operations/keys.controller.js';
import type { KeyCommands } from '../../keys/key-commands.js';
import { PEOPLE_KEY_COMMANDS } from '../people.constants.js';

/** `/admin/people-keys`: what signs the tokens of people; the same commands as for our own. */
@AdminController('people-keys')
export class PeopleKeysController extends KeysController {
  constructor(@Inject(PEOPLE_KEY_COMMANDS) commands: KeyCommands) {
    super(commands);
  }
}
