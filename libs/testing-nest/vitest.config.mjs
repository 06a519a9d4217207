/** Runs the one suite that shows the kit under Vitest, as an application would. */
export default {
  root: import.meta.dirname,
  test: { include: ['test/vitest/*.test.ts'], watch: false },
};
