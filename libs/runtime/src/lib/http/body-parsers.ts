import { BadRequestException } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { parseStrictJson } from '@countersign/token';

import { limits } from './create-adapter.js';

/** Kinds of request bodies an app reads; any other is 415. @publicApi */
export type BodyKind = 'json' | 'form' | 'merge-patch';

const jsonTypes = [
  ['json', 'application/json'],
  ['merge-patch', 'application/merge-patch+json'],
] as const;

/**
 * Registers the body parsers of an app. JSON, and JSON merge patches (RFC 7396), are parsed strictly
 * (no duplicate members, no `__proto__`, bounded depth); a form is handed on as its bytes, for the
 * route to read.
 * @internal
 */
export function useBodyParsers(app: NestFastifyApplication, kinds: readonly BodyKind[]): void {
  const options = { bodyLimit: limits.bodyBytes };
  for (const [kind, type] of jsonTypes) {
    if (!kinds.includes(kind)) continue;
    app.useBodyParser(type, options, (_request, body, done) => {
      try {
        done(null, parseStrictJson(body));
      } catch {
        done(new BadRequestException('The body is not strict JSON'), undefined);
      }
    });
  }
  if (kinds.includes('form')) {
    app.useBodyParser('application/x-www-form-urlencoded', options, (_request, body, done) =>
      done(null, body),
    );
  }
}
