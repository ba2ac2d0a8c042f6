/**
 * A port for a program that has to be told one.
 *
 * @module
 */

/** A port of loopback that nobody has at this moment; somebody may, by the time that the program asks for it. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
