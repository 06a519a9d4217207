import type { Needed } from '../workspace/versions.js';

/** What a service imports. @internal */
export const needed = [
  '@countersign/auth',
  '@countersign/token',
  '@nestjs/common',
  '@nestjs/core',
  '@nestjs/platform-fastify',
  'reflect-metadata',
  'rxjs',
] as const satisfies readonly Needed[];

/** What its tests import. @internal */
export const neededForTests = ['@countersign/testing-nest'] as const satisfies readonly Needed[];

/** What its targets run; of the whole workspace. @internal */
export const neededByTargets = [
  '@swc/core',
  '@swc/jest',
  '@types/jest',
  '@types/node',
  'jest',
  'typescript',
] as const satisfies readonly Needed[];
