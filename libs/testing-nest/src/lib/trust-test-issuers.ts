/** The one door between an application and its access tests. Must not know routes or tokens. */
import type { DynamicModule, Provider, Type } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { CountersignModule, type CountersignOptions } from '@countersign/auth';
import type { TrustEntry } from '@countersign/token';

import { TestTrust } from './test-trust.js';

/** What the test adds to what the application says. @publicApi */
export interface TestTrustOptions {
  /** Also trusted: for what the application would learn from a source while it runs. */
  readonly trust?: readonly TrustEntry[];
}

type Import = NonNullable<DynamicModule['imports']>[number];

/** Nest's name for the options of CountersignModule. */
const OPTIONS = 'COUNTERSIGN_MODULE_OPTIONS';

/**
 * Gives back the same root module, whose `CountersignModule` trusts issuers in the memory of this
 * process and nobody else: every trust entry keeps its name, carrier and limits, and gets a key that
 * the test holds. Clock and network are the test's too; revocation feeds and trust sources are not
 * followed. Guard, signatures, rules and policies are the real ones.
 *
 * An application can only come to trust a test by being started from what this returns: there is no
 * option, variable or provider for it in the library, and this package is a development dependency.
 *
 * @example
 * const app = await NestFactory.create(trustTestIssuers(AppModule));
 * const t = await CountersignTest.for(app);
 * @throws TypeError in an environment with `NODE_ENV=production`, and for a module in whose imports
 * no `CountersignModule.forRoot()` or `forRootAsync()` is found.
 * @publicApi
 */
export function trustTestIssuers(
  root: Type | DynamicModule,
  { trust = [] }: TestTrustOptions = {},
): Type | DynamicModule {
  if (process.env['NODE_ENV'] === 'production')
    throw new TypeError('trustTestIssuers() is for tests: NODE_ENV is production');
  const replaced = new Replacement(new TestTrust(trust)).of(root);
  if (replaced === undefined)
    throw new TypeError(
      'no CountersignModule.forRoot() among the imports of this module: give the root module',
    );
  return replaced as Type | DynamicModule;
}

class Replacement {
  /** A module that is imported twice stays one module. */
  readonly #known = new Map<Import, Import | undefined>();

  constructor(private readonly trust: TestTrust) {}

  /** The module in another form; undefined for one that leads to no CountersignModule. */
  of(module: Import): Import | undefined {
    if (this.#known.has(module)) return this.#known.get(module);
    this.#known.set(module, undefined);
    const made = this.#make(module);
    this.#known.set(module, made);
    return made;
  }

  #make(module: Import): Import | undefined {
    if (typeof module === 'function') return this.#ofClass(module as Type);
    if (!('module' in module)) return undefined;
    if (module.module === CountersignModule) return this.#guarded(module);
    const imports = this.#ofImports(module.imports);
    const type = this.of(module.module) as Type | undefined;
    if (imports === undefined && type === undefined) return undefined;
    return { ...module, ...(imports && { imports }), ...(type && { module: type }) };
  }

  #ofImports(imports: readonly Import[] | undefined): Import[] | undefined {
    const replaced = imports?.map((one) => this.of(one));
    if (!replaced?.some((one) => one !== undefined)) return undefined;
    return imports?.map((one, at) => replaced[at] ?? one);
  }

  /** A class of the same name and metadata, with other imports: the original stays as it is. */
  #ofClass(type: Type): Type | undefined {
    const imports = this.#ofImports(Reflect.getMetadata('imports', type) as Import[] | undefined);
    if (imports === undefined) return undefined;
    const copy = { [type.name]: class extends type {} }[type.name] as Type;
    for (const key of Reflect.getOwnMetadataKeys(type) as string[])
      Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, type), copy);
    Reflect.defineMetadata('imports', imports, copy);
    return copy;
  }

  #guarded(module: DynamicModule): DynamicModule {
    const providers = module.providers ?? [];
    if (!providers.some(isOptions))
      throw new TypeError('CountersignModule is of another version than these tests');
    return {
      ...module,
      providers: [
        ...providers.map((provider) =>
          isOptions(provider) ? this.#takenOver(provider) : provider,
        ),
        { provide: TestTrust, useValue: this.trust },
        { provide: APP_INTERCEPTOR, useValue: this.trust.rehearsal },
      ],
    };
  }

  #takenOver(provider: OptionsProvider): Provider {
    const { useFactory: make } = provider;
    if (make === undefined)
      return {
        ...provider,
        useValue: this.trust.takeOver(provider.useValue as CountersignOptions),
      };
    return {
      ...provider,
      useFactory: async (...args: unknown[]) => this.trust.takeOver(await make(...args)),
    } as Provider;
  }
}

interface OptionsProvider {
  readonly provide: typeof OPTIONS;
  readonly useValue?: CountersignOptions;
  readonly useFactory?: (...args: unknown[]) => CountersignOptions | Promise<CountersignOptions>;
}

const isOptions = (provider: unknown): provider is OptionsProvider =>
  (provider as Partial<OptionsProvider>).provide === OPTIONS;
