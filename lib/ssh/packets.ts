/**
 * What is said in the clear before a key exchange: names and packets. RFC 4253 §4.2 and §6.
 *
 * @module
 */
import { joinBytes } from "../base/mod.ts";
import type { StreamReader } from "./stream_reader.ts";
import { SshFormatError } from "./wire.ts";

/** RFC 4253 §6.1: longer packets need not be read. */
const MOST_PACKET_BYTES = 35_000;
/** A key exchange takes two; a server may put a few in between that say nothing. */
const MOST_PACKETS = 16;
/** What a server may say before its name, and the name. */
const MOST_GREETING_BYTES = 8 << 10;
const MOST_NAME_BYTES = 255;
const BLOCK_BYTES = 8;
const LEAST_PADDING_BYTES = 4;
const LINE_FEED = 10;
/** Messages that say nothing: RFC 4253 §11.2 and §11.3. */
const [IGNORE, DEBUG] = [2, 4];

/** Reads what a server says. */
export class PacketReader {
  readonly #said: StreamReader;
  #packets = 0;

  /** Reads from `said`, and closes nothing. */
  constructor(said: StreamReader) {
    this.#said = said;
  }

  /** The server's name, without the end of its line; lines before it are passed over. */
  async name(): Promise<string> {
    for (let left = MOST_GREETING_BYTES; left > 0;) {
      const line = await this.#line(left);
      left -= line.length;
      const text = new TextDecoder("latin1").decode(line).replace(/\r?\n$/, "");
      if (!text.startsWith("SSH-")) continue;
      if (line.length > MOST_NAME_BYTES || !/^SSH-(2\.0|1\.99)-[ -~]*$/.test(text)) break;
      return text;
    }
    throw new SshFormatError("it says no name of SSH 2");
  }

  /** What the next packet that says something says. */
  async payload(): Promise<Uint8Array<ArrayBuffer>> {
    while (this.#packets++ < MOST_PACKETS) {
      const payload = await this.#packet();
      if (payload[0] !== IGNORE && payload[0] !== DEBUG) return payload;
    }
    throw new SshFormatError("it sends packets without end");
  }

  async #line(most: number): Promise<Uint8Array> {
    const bytes: number[] = [];
    while (bytes.length < most) {
      const [byte = 0] = await this.#said.take(1);
      bytes.push(byte);
      if (byte === LINE_FEED) return new Uint8Array(bytes);
    }
    throw new SshFormatError("it sends a line without end");
  }

  async #packet(): Promise<Uint8Array<ArrayBuffer>> {
    const head = await this.#said.take(5);
    const view = new DataView(head.buffer);
    const [length, padding] = [view.getUint32(0), view.getUint8(4)];
    const isSound = length <= MOST_PACKET_BYTES && (4 + length) % BLOCK_BYTES === 0 &&
      padding >= LEAST_PADDING_BYTES && length > 1 + padding;
    if (!isSound) throw new SshFormatError("a packet has a length that cannot be");
    const rest = await this.#said.take(length - 1);
    return rest.subarray(0, rest.length - padding);
  }
}

/** A packet in the clear that says `payload`. */
export function packetOf(payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const size = 5 + payload.length + LEAST_PADDING_BYTES;
  const padding = LEAST_PADDING_BYTES + (BLOCK_BYTES - size % BLOCK_BYTES) % BLOCK_BYTES;
  const head = new Uint8Array(5);
  const view = new DataView(head.buffer);
  view.setUint32(0, 1 + payload.length + padding);
  view.setUint8(4, padding);
  return joinBytes(head, payload, new Uint8Array(padding));
}
