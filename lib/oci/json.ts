/**
 * JSON of registries, looked at before it is read.
 *
 * @module
 */

/** How many lists and objects begin in `body`, at most. */
export function bracketsIn(body: Uint8Array): number {
  let count = 0;
  for (const byte of body) if (byte === 0x5b || byte === 0x7b) count++;
  return count;
}
