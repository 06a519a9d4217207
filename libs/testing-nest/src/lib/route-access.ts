import type { INestApplication } from '@nestjs/common';
import { routesOf } from '@countersign/auth';
import type { MappedRoute } from '@countersign/token';
import { ruleInWords } from '@countersign/token';

/** One route of HTTP, and what it demands. @publicApi */
export interface RouteAccess extends Omit<MappedRoute, 'transport'> {
  /** `GET /user/:id`: what the access map and the options of attacks call it. */
  readonly route: string;
}

/** Route -> what it demands, in words; sorted, and the same for the same rules. @publicApi */
export type AccessMap = Readonly<Record<string, string>>;

/** The routes of HTTP; what answers every method is asked with one of them. @internal */
export function httpRoutesOf(app: INestApplication): readonly RouteAccess[] {
  return routesOf(app)
    .filter(({ transport }) => transport === 'http')
    .map(({ method: declared, path, handler, rule }) => {
      const method = declared === 'ALL' ? 'GET' : declared;
      return { route: `${method} ${path}`, method, path, handler, rule };
    });
}

/** Who may call what, to be read by people and compared by snapshots. @internal */
export function inWords(routes: readonly RouteAccess[]): AccessMap {
  return Object.fromEntries(routes.map(({ route, rule }) => [route, ruleInWords(rule)]));
}
