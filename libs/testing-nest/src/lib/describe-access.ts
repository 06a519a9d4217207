import type { AccessAttack } from './attempt.js';
import type { AttackOptions, CountersignTest } from './countersign-test.js';
import { attackKinds } from './plan-attacks.js';

/** What is used of a test runner: Jest and Vitest have it. @publicApi */
export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>, timeout?: number): unknown;
}

/** How the tests are made. @publicApi */
export interface DescribeAccessOptions extends AttackOptions {
  /** Name of the group of tests; `access` unless told. */
  readonly name?: string;
  /** Where there are no globals: `import { describe, it } from 'vitest'`. */
  readonly runner?: TestRunner;
}

/** Milliseconds for all attacks of one kind. */
const patience = 60_000;

/**
 * Makes tests of every declared route, from its rule: that each way in is open, and that whoever
 * misses one thing of it is refused with the right code. One test per kind of attack; it fails with a
 * table of the routes at fault. No handler ever runs.
 *
 * @example
 * let t: CountersignTest;
 * beforeAll(async () => { t = await CountersignTest.for(app); });
 * describeAccess(() => t, { subject: '/user/42/' });
 * With `routes` the application is held to those rules: it fails where its own demand less.
 * @throws TypeError when there is no test runner.
 * @publicApi
 */
export function describeAccess(
  running: () => CountersignTest,
  options: DescribeAccessOptions = {},
): void {
  const { name = 'access', runner = globalRunner() } = options;
  runner.describe(name, () => {
    runner.it('has the routes that are named', async () => checkNames(running(), options));
    for (const kind of attackKinds)
      runner.it(
        kind,
        () =>
          runAll(
            running()
              .attacks(options)
              .filter((attack) => attack.kind === kind),
          ),
        patience,
      );
  });
}

function globalRunner(): TestRunner {
  const { describe, it } = globalThis as Partial<TestRunner>;
  if (describe === undefined || it === undefined)
    throw new TypeError('describeAccess() needs runner: { describe, it } of the test runner');
  return { describe, it };
}

/** A request for a route that is gone, or misspelt, would be for nothing; a new one goes untested. */
function checkNames(t: CountersignTest, { requests = {}, routes }: DescribeAccessOptions): void {
  const served = t.routes().map(({ route }) => route);
  if (served.length === 0) throw new Error('the application has no routes');
  const named = [...Object.keys(requests), ...(routes ?? []).map(({ route }) => route)];
  const gone = named.filter((route) => !served.includes(route));
  const added = routes === undefined ? [] : served.filter((route) => !named.includes(route));
  if (gone.length > 0) throw new Error(`no such routes: ${gone.join(', ')}`);
  if (added.length > 0) throw new Error(`routes without a reviewed rule: ${added.join(', ')}`);
}

async function runAll(attacks: readonly AccessAttack[]): Promise<void> {
  const faults: string[] = [];
  for (const attack of attacks) {
    const fault = await attack.run();
    if (fault !== undefined) faults.push(`${attack.route}: ${fault} (${attack.by})`);
  }
  if (faults.length > 0)
    throw new Error(`${faults.length} of ${attacks.length} attempts:\n${faults.join('\n')}`);
}
