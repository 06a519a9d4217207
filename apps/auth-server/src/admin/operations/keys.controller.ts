import { Body, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { Scopes } from '@countersign/auth';
import { asymmetricAlgorithms } from '@countersign/token';
import type { KeyRingStatus } from '@countersign/runtime';
import { z } from 'zod';

import { KeyCommands, type KeyActor } from '../../keys/key-commands.js';
import type { Actor } from '../../registry/registry-store.js';
import { By } from '../actor.js';
import { AdminController } from '../admin-controller.decorator.js';
import type { Page } from '../http/paging.js';

const rotation = z.strictObject({
  algorithm: z.enum(asymmetricAlgorithms).optional().describe('The default one unless given.'),
});
const emergency = z.strictObject({ kid: z.string().min(1).max(256) });

/** `/admin/keys`: what signs the tokens of this server. */
@AdminController('keys')
export class KeysController {
  constructor(@Inject(KeyCommands) private readonly commands: KeyCommands) {}

  /** Every key, its state, and what it waits for. */
  @Get()
  @Scopes('admin:read')
  async status(): Promise<Page<object>> {
    return { items: shownKeys(await this.commands.status()), next: null };
  }

  /** Signs with the next key from now on. 429 until that has been announced for long enough. */
  @Post('rotation')
  @HttpCode(200)
  @Scopes('admin:write')
  async rotate(
    @Body({ schema: rotation }) { algorithm }: z.output<typeof rotation>,
    @By() by: Actor,
  ): Promise<object> {
    return { changes: await this.commands.rotate(keyActor(by), algorithm) };
  }

  /**
   * A key is known to somebody else: the next one signs at once, and guards are told to refuse what
   * this one has signed. There is no other way to remove a key.
   */
  @Post('emergency')
  @HttpCode(200)
  @Scopes('admin:write')
  async compromise(
    @Body({ schema: emergency }) { kid }: z.output<typeof emergency>,
    @By() by: Actor,
  ): Promise<object> {
    return { changes: await this.commands.emergency(keyActor(by), kid) };
  }
}

const keyActor = ({ name: client, address }: Actor): KeyActor => ({ client, address });

function shownKeys({ rings }: KeyRingStatus): object[] {
  const time = (seconds: number) => new Date(seconds * 1000).toISOString();
  return rings.flatMap(({ algorithm, rotatesAt, wait, keys }) =>
    keys.map(({ kid, state, createdAt, since, isCompromised }) => ({
      kid,
      algorithm,
      state,
      created: time(createdAt),
      since: time(since),
      ...(state === 'active' && rotatesAt !== undefined ? { rotates: time(rotatesAt) } : {}),
      ...(state === 'next' ? { readyInSeconds: Math.ceil(wait) } : {}),
      ...(isCompromised ? { compromised: true } : {}),
    })),
  );
}
