/**
 * The data types of SSH (RFC 4251 §5) in keys, signatures and packets.
 *
 * @module
 */
import { joinBytes } from "../base/mod.ts";

/** Bytes that are not what the format says; who reads them turns it into a failure. */
export class SshFormatError extends Error {
  /** Tells it from others in logs. */
  override name = "SshFormatError";
}

/** Reads one field after another; a field that is cut off throws {@linkcode SshFormatError}. */
export class SshReader {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #at = 0;

  /** Begins at the first byte. */
  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
  }

  /** The next `count` bytes. */
  take(count: number): Uint8Array<ArrayBuffer> {
    const end = this.#at + count;
    if (end > this.#bytes.length) throw new SshFormatError("it is cut off");
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  /** A `uint32`. */
  number(): number {
    const bytes = this.take(4);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
  }

  /** A `uint64`. */
  bigNumber(): bigint {
    const bytes = this.take(8);
    return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0);
  }

  /** A `string`: its length, then its bytes. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.take(this.number());
  }

  /** A `string` that is a name: printable ASCII. */
  name(): string {
    const text = new TextDecoder("latin1").decode(this.bytes());
    if (!/^[\x21-\x7e]*$/.test(text)) throw new SshFormatError("a name in it is not ASCII");
    return text;
  }

  /** A positive `mpint` in its shortest form, without the zero in front of a high bit. */
  positive(): Uint8Array<ArrayBuffer> {
    const bytes = this.bytes();
    const [first, second] = bytes;
    const isPositive = first !== undefined && first < 0x80 && (first > 0 || second !== undefined);
    if (!isPositive) throw new SshFormatError("a number in it is not positive");
    if (first > 0) return bytes;
    if ((second ?? 0) < 0x80) throw new SshFormatError("a number in it has needless zeros");
    return bytes.subarray(1);
  }

  /** A `name-list`: names between commas. */
  names(): readonly string[] {
    return this.name().split(",").filter((name) => name !== "");
  }

  /** Whether nothing is left. */
  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Nothing may be left. */
  end(): void {
    if (!this.isAtEnd) throw new SshFormatError("there are bytes behind its end");
  }
}

/**
 * A `string` field: the length, then the bytes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([...sshString("a")], [0, 0, 0, 1, 97]);
 * ```
 */
export function sshString(content: Uint8Array | string): Uint8Array<ArrayBuffer> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const field = new Uint8Array(4 + bytes.length);
  new DataView(field.buffer).setUint32(0, bytes.length);
  field.set(bytes, 4);
  return field;
}

/**
 * A positive `mpint` field, of a number that may have zeros in front.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([...sshNumber(new Uint8Array([0, 0, 0x80]))], [0, 0, 0, 2, 0, 0x80]);
 * ```
 */
export function sshNumber(number: Uint8Array): Uint8Array<ArrayBuffer> {
  const start = number.findIndex((byte) => byte !== 0);
  const short = start === -1 ? new Uint8Array() : number.subarray(start);
  return sshString((short[0] ?? 0) < 0x80 ? short : joinBytes(new Uint8Array(1), short));
}

/** The first `count` `string`s, or as many as are whole. */
export function leadingStrings(bytes: Uint8Array, count: number): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Uint8Array[] = [];
  for (let at = 0; found.length < count && at + 4 <= bytes.length;) {
    const end = at + 4 + view.getUint32(at);
    if (end > bytes.length) break;
    found.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return found;
}
