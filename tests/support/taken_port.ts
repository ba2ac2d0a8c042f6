/**
 * Listens on a port that was ours before.
 *
 * @module
 */

const LIMIT_MS = 20_000;
const PAUSE_MS = 20;

/** Opens a listener as soon as its port is free: a connection of anyone on this machine may have it for a moment. */
export async function whenFree<T>(listen: () => T): Promise<T> {
  const deadline = performance.now() + LIMIT_MS;
  while (true) {
    try {
      return listen();
    } catch (thrown) {
      const isTaken = thrown instanceof Deno.errors.AddrInUse;
      if (!isTaken || performance.now() > deadline) throw thrown;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
