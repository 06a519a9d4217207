/**
 * Values of providers, in an application that runs and in one that Nest only previews: there nothing
 * was made, so that no database is opened and nothing is asked for.
 */
import type { InjectionToken, OptionalFactoryDependency } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';

type NestModule = ReturnType<ModulesContainer['get']> & object;
type Wrapper = ReturnType<NestModule['getProviderByKey']>;

/** Provider token -> what stands in for it in a preview. @publicApi */
export type StandIns = ReadonlyMap<unknown, unknown>;

/** The values of all providers with this token, in the order of the modules. @internal */
export async function valuesOf<Value>(
  modules: ModulesContainer,
  token: InjectionToken,
  standIns: StandIns,
): Promise<readonly Value[]> {
  const found: Value[] = [];
  for (const module of modules.values()) {
    const wrapper = module.providers.get(token);
    if (wrapper !== undefined) found.push((await valueOf(module, wrapper, standIns)) as Value);
  }
  return found;
}

async function valueOf(module: NestModule, wrapper: Wrapper, standIns: StandIns): Promise<unknown> {
  const { token, metatype, inject } = wrapper;
  if (standIns.has(token)) return standIns.get(token);
  const instance: unknown = await wrapper.instance;
  if (isGiven(wrapper) || (wrapper.isFactory && instance !== null)) return instance;
  if (!wrapper.isFactory) return absent(token);
  const factory = metatype as (...injected: unknown[]) => unknown;
  return factory(...(inject ?? []).map((one) => dependency(module, tokenOf(one), standIns)));
}

/** What a factory is called with: what is known without making anything, or what says it is not. */
function dependency(module: NestModule, token: InjectionToken, standIns: StandIns): unknown {
  if (standIns.has(token)) return standIns.get(token);
  const wrapper = find(module, token, new Set());
  return wrapper !== undefined && isGiven(wrapper) ? wrapper.instance : absent(token);
}

/** `useValue`: there without anything being made. */
const isGiven = ({ metatype }: Wrapper): boolean => metatype === null;

function find(
  module: NestModule,
  token: InjectionToken,
  seen: Set<NestModule>,
): Wrapper | undefined {
  if (seen.has(module)) return undefined;
  seen.add(module);
  const own = module.providers.get(token);
  if (own !== undefined) return own;
  for (const imported of module.imports) {
    const wrapper = imported.exports.has(token) ? find(imported, token, seen) : undefined;
    if (wrapper !== undefined) return wrapper;
  }
  return undefined;
}

function tokenOf(injected: InjectionToken | OptionalFactoryDependency): InjectionToken {
  return typeof injected === 'object' && 'token' in injected ? injected.token : injected;
}

/** May be kept and handed on, as a database is to a store; a silent nothing would end up in the map. */
function absent(token: unknown): object {
  const name = typeof token === 'function' ? token.name : String(token);
  return new Proxy(
    {},
    {
      get(_, member) {
        if (typeof member === 'symbol' || member === 'then') return undefined;
        throw new TypeError(
          `${name} is not made in a preview, but its ${member} is asked for: give accessMapOf() a stand-in for it`,
        );
      },
    },
  );
}
