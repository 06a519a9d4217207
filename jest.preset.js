import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

// Nx has Jest write its results there, and Jest makes no folder.
mkdirSync(join(import.meta.dirname, 'test-results'), { recursive: true });

// ESM-only packages that Jest, which runs CommonJS here, has to compile.
const esmOnly = [
  '@nestjs',
  '@electric-sql',
  '@fastify',
  '@tokenizer',
  'content-disposition',
  'cookie',
  'drizzle-orm',
  'file-type',
  'jose',
  'oauth4webapi',
  'openid-client',
  'oidc-provider',
  'strtok3',
  'token-types',
  'uint8array-extras',
];

const swc = {
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    keepClassNames: true,
  },
  module: { type: 'commonjs' },
  sourceMaps: 'inline',
};

const shared = (name, dir) => ({
  displayName: name,
  rootDir: dir,
  testEnvironment: 'node',
  resolver: join(import.meta.dirname, 'jest.resolver.cjs'),
  testEnvironmentOptions: {
    customExportConditions: ['@countersign/source', 'node', 'require', 'default'],
  },
  transform: {
    '^.+\\.[mc]?ts$': ['@swc/jest', { ...swc, swcrc: false }],
    '^.+\\.[mc]?js$': [
      '@swc/jest',
      {
        ...swc,
        swcrc: false,
        jsc: { ...swc.jsc, parser: { syntax: 'ecmascript' }, transform: {} },
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(?:.*/node_modules/)?(?:${esmOnly.join('|')})/)`],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
});

/** Jest configuration of a library's or an app's unit tests. */
export const unit = (name, dir) => ({
  ...shared(name, dir),
  testMatch: [
    '<rootDir>/src/**/*.spec.ts',
    '<rootDir>/test/**/*.spec.ts',
    '<rootDir>/test/**/*.e2e-spec.ts',
  ],
  coverageDirectory: join(import.meta.dirname, 'coverage', name),
});

/** Jest configuration of the stories over real sockets against the built apps. */
export const e2e = (name, dir) => ({
  ...shared(name, dir),
  testMatch: ['<rootDir>/src/**/*.e2e-spec.ts'],
  testTimeout: 60_000,
});
