/** One fact about the tree that must hold; answers what is wrong, an empty list when it holds. */
export interface Check {
  readonly name: string;
  run(root: string): readonly string[];
}
