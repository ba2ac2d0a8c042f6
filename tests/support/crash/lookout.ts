/**
 * Waits for what watches show: a test asks for hundreds of things, and polls for none.
 *
 * @module
 */

/** See the module's description. */
export class Lookout {
  readonly #waiting = new Set<() => void>();

  /** Something has changed. */
  notice(): void {
    for (const look of this.#waiting) look();
  }

  /** Waits until `isSo`, or until `over`; false when the time is up. */
  async until(
    isSo: () => boolean,
    limitMs: number,
    over: Promise<unknown> = new Promise(() => {}),
  ): Promise<boolean> {
    const met = Promise.withResolvers<void>();
    const look = () => void (isSo() && met.resolve());
    this.#waiting.add(look);
    look();
    const timer = setTimeout(() => met.resolve(), limitMs);
    await Promise.race([met.promise, over]);
    clearTimeout(timer);
    this.#waiting.delete(look);
    return isSo();
  }
}
