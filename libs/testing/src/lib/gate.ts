/** What holds answers back until a test lets them go. @internal */
export class Gate {
  #held: Promise<void> | undefined;

  /** Resolves at once, unless the gate is held. */
  async pass(): Promise<void> {
    await this.#held;
  }

  /** Holds whoever comes from now on, until the function that it returns is called. */
  hold(): () => void {
    let release = (): void => undefined;
    this.#held = new Promise((resolve) => {
      release = resolve;
    });
    return () => {
      this.#held = undefined;
      release();
    };
  }
}
