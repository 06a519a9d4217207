import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

const may = (layer, ...allowed) => ({
  sourceTag: `layer:${layer}`,
  onlyDependOnLibsWithTags: allowed.map((tag) => `layer:${tag}`),
});

export default tseslint.config(
  { ignores: ['**/dist', '**/out-tsc', '**/node_modules', '**/coverage', '.nx', '.countersign'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  prettier,
  {
    // Injected classes are values: their imports carry the metadata that Nest injects by.
    files: [
      'libs/{auth,runtime,testing-nest}/**/*.ts',
      'apps/**/*.ts',
      'examples/**/*.ts',
      'tools/bench/**/*.ts',
    ],
    languageOptions: {
      parserOptions: { emitDecoratorMetadata: true, experimentalDecorators: true },
    },
  },
  {
    files: ['**/*.ts'],
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: false,
          allow: [],
          depConstraints: [
            may('token', 'none'),
            may('auth', 'token'),
            may('storage', 'none'),
            may('testing', 'token'),
            may('kit', 'token', 'auth', 'testing'),
            may('runtime', 'token', 'auth', 'storage'),
            may('app', 'token', 'auth', 'runtime', 'storage'),
            may('tool', 'token', 'auth', 'testing'),
            may('e2e', 'token', 'testing', 'tool'),
            may('example', 'token', 'auth', 'testing'),
            {
              sourceTag: 'layer:token',
              bannedExternalImports: ['@nestjs/*', 'passport*', 'fastify', 'express'],
            },
            {
              sourceTag: 'layer:auth',
              bannedExternalImports: ['@nestjs/platform-*', 'oidc-provider'],
            },
            { sourceTag: 'layer:storage', bannedExternalImports: ['@nestjs/*'] },
            { sourceTag: 'layer:runtime', bannedExternalImports: ['oidc-provider'] },
          ],
        },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      'max-lines': ['warn', { max: 250, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['warn', { max: 40, skipBlankLines: true, skipComments: true }],
      'max-depth': ['warn', 3],
      complexity: ['warn', 12],
      eqeqeq: 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'Literal[value=/^eyJ/]',
          message: 'No token literals in source: build one in the test.',
        },
      ],
    },
  },
  {
    files: ['**/*.spec.ts', '**/*.e2e-spec.ts', '**/test/**/*.ts', 'apps/*-e2e/**/*.ts'],
    plugins: { '@nx': nx },
    rules: {
      'max-lines-per-function': 'off',
      'max-lines': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@nx/enforce-module-boundaries': [
        'error',
        {
          depConstraints: [
            may('token', 'none'),
            may('auth', 'token', 'testing'),
            may('storage', 'testing'),
            may('testing', 'token'),
            may('kit', 'token', 'auth', 'testing'),
            may('runtime', 'token', 'auth', 'storage', 'testing'),
            may('app', 'token', 'auth', 'runtime', 'storage', 'testing', 'kit'),
            may('tool', 'token', 'auth', 'testing'),
            may('e2e', 'token', 'testing', 'tool'),
            may('example', 'token', 'auth', 'testing', 'kit'),
          ],
        },
      ],
    },
  },
);
