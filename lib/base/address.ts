/**
 * Which network addresses nobody who names a host may reach (design D22).
 *
 * @module
 */

/** An address as numbers: four bytes or sixteen. */
type Bytes = readonly number[];

/** Beginnings of addresses, in bits, and what lies there. */
const REFUSED_V4: readonly (readonly [prefix: Bytes, bits: number, what: string])[] = [
  [[0], 8, "an unspecified address"],
  [[169, 254], 16, "a link-local address"],
  [[224], 4, "a multicast address"],
  [[255, 255, 255, 255], 32, "a broadcast address"],
];
const REFUSED_V6: readonly (readonly [prefix: Bytes, bits: number, what: string])[] = [
  [Array(16).fill(0), 128, "an unspecified address"],
  [[0xfe, 0x80], 10, "a link-local address"],
  [[0xff], 8, "a multicast address"],
  // Where one cloud keeps the credentials of its machines.
  [[0xfd, 0x00, 0x0e, 0xc2], 32, "a metadata address"],
];
/** RFC 1918, RFC 6598, RFC 4193, and the machine itself: addresses that mean something else in every network. */
const LOCAL_V4: readonly (readonly [prefix: Bytes, bits: number])[] = [
  [[10], 8],
  [[172, 16], 12],
  [[192, 168], 16],
  [[100, 64], 10],
  [[127], 8],
];
const LOCAL_V6: readonly (readonly [prefix: Bytes, bits: number])[] = [
  [[0xfc], 7],
  [[...Array(15).fill(0), 1], 128],
];
/** `::ffff:0:0/96` and `64:ff9b::/96`: the last four bytes are an IPv4 address. */
const CARRIERS: readonly Bytes[] = [
  [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff],
  [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0],
];

/**
 * What is wrong with connecting to `address`, as a name resolved to it; nothing for one that is fine. Loopback
 * is the permissions' own affair: it is open on a developer's machine and closed in the image.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(addressTrouble("169.254.169.254"), "a link-local address");
 * assert.equal(addressTrouble("::ffff:169.254.169.254"), "a link-local address");
 * assert.equal(addressTrouble("140.82.121.4"), undefined);
 * ```
 */
export function addressTrouble(address: string): string | undefined {
  const carried = carriedBy(address);
  if (carried === undefined) return "no address";
  const refused = carried.length === 4 ? REFUSED_V4 : REFUSED_V6;
  return refused.find(([prefix, bits]) => beginsWith(carried, prefix, bits))?.[2];
}

/**
 * Whether `address` belongs to a network of one's own, this machine included, and not to the Internet.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(isLocalAddress("10.96.0.1"), true);
 * assert.equal(isLocalAddress("140.82.121.4"), false);
 * ```
 */
export function isLocalAddress(address: string): boolean {
  const bytes = carriedBy(address) ?? [];
  const local = bytes.length === 4 ? LOCAL_V4 : LOCAL_V6;
  return bytes.length > 0 && local.some(([prefix, bits]) => beginsWith(bytes, prefix, bits));
}

/** Whether `text` is an address and no name. */
export function isAddress(text: string): boolean {
  return (parseV4(text) ?? parseV6(text)) !== undefined;
}

/** The bytes of an address; of one that carries an IPv4 address, those of that. */
function carriedBy(address: string): Bytes | undefined {
  const bytes = parseV4(address) ?? parseV6(address);
  if (bytes === undefined) return undefined;
  return CARRIERS.some((carrier) => bytes.length === 16 && beginsWith(bytes, carrier, 96))
    ? bytes.slice(12)
    : bytes;
}

function beginsWith(bytes: Bytes, prefix: Bytes, bits: number): boolean {
  for (let bit = 0; bit < bits; bit++) {
    const mask = 0x80 >> (bit & 7);
    if (((bytes[bit >> 3] ?? 0) & mask) !== ((prefix[bit >> 3] ?? 0) & mask)) return false;
  }
  return true;
}

function parseV4(text: string): Bytes | undefined {
  const parts = text.split(".");
  const isSound = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part));
  const bytes = parts.map(Number);
  return isSound && bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

function parseV6(text: string): Bytes | undefined {
  const [plain = ""] = text.split("%");
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(plain);
  const tail = dotted === null ? [] : parseV4(dotted[2] ?? "");
  if (tail === undefined) return undefined;
  const head = dotted === null ? plain : `${dotted[1]}`.replace(/([^:]):$/, "$1");
  const halves = head.split("::");
  if (halves.length > 2) return undefined;
  const [before, after = []] = halves.map(groups);
  if (before === undefined || after === undefined) return undefined;
  const missing = 16 - before.length - after.length - tail.length;
  const fits = halves.length === 2 ? missing >= 2 : missing === 0;
  return fits ? [...before, ...Array<number>(missing).fill(0), ...after, ...tail] : undefined;
}

function groups(text: string): Bytes | undefined {
  if (text === "") return [];
  const words = text.split(":");
  if (!words.every((word) => /^[0-9a-f]{1,4}$/i.test(word))) return undefined;
  return words.map((word) => Number.parseInt(word, 16)).flatMap((word) => [word >> 8, word & 255]);
}
