/**
 * Ports for programs that have to be told one, and for servers that come back to theirs.
 *
 * Not those that a system gives to whoever asks for any, as every client does: one of these may be a stranger's by the
 * time that a program asks for it, or while its server is away.
 *
 * @module
 */

/** Systems give from 32768 on, or from 49152. */
const [LOWEST, HIGHEST] = [10_000, 32_000];
const TRIES = 100;

/** Opens a listener on a port that is free now and stays so for its owner, whoever else asks for any. */
export function listenApart<T>(listen: (port: number) => T): T {
  for (let left = TRIES;; left--) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    try {
      return listen(port);
    } catch (thrown) {
      if (!(thrown instanceof Deno.errors.AddrInUse) || left === 0) throw thrown;
    }
  }
}

/** A port of loopback that nobody has at this moment. */
export function freePort(): number {
  using listener = listenApart((port) => Deno.listen({ hostname: "127.0.0.1", port }));
  return listener.addr.port;
}
