import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { joinBytes } from "../base/mod.ts";
import { packetOf, PacketReader } from "./packets.ts";
import { StreamEndedError, StreamReader } from "./stream_reader.ts";
import { SshFormatError } from "./wire.ts";

const never = new AbortController().signal;

Deno.test("packetOf() and PacketReader agree on every length", async () => {
  for (let length = 1; length < 40; length++) {
    const payload = new Uint8Array(length).fill(20);
    const packet = packetOf(payload);

    assert.equal(packet.length % 8, 0);
    assert.deepEqual(await readerOf(packet).payload(), payload);
  }
});

Deno.test("PacketReader passes over what says nothing", async () => {
  const packets = [[2, 0], [4, 0], [20, 1]].map((payload) => packetOf(new Uint8Array(payload)));

  assert.deepEqual([...await readerOf(joinBytes(...packets)).payload()], [20, 1]);
});

const cases: {
  name: string;
  bytes: Uint8Array;
  want: typeof SshFormatError | typeof StreamEndedError;
}[] = [
  { name: "a packet of 4 GiB", bytes: head(0xff_ff_ff_ff, 4), want: SshFormatError },
  { name: "a packet of more than 35,000 bytes", bytes: head(35_004, 4), want: SshFormatError },
  { name: "no padding", bytes: head(12, 0), want: SshFormatError },
  { name: "padding alone", bytes: head(12, 11), want: SshFormatError },
  { name: "more padding than there is", bytes: head(12, 255), want: SshFormatError },
  { name: "a length that no block has", bytes: head(13, 4), want: SshFormatError },
  { name: "a length of nothing", bytes: head(0, 4), want: SshFormatError },
  { name: "a packet that is cut off", bytes: head(12, 4), want: StreamEndedError },
  { name: "nothing", bytes: new Uint8Array(), want: StreamEndedError },
  {
    name: "packets without end that say nothing",
    bytes: joinBytes(...Array<Uint8Array>(17).fill(packetOf(new Uint8Array([2])))),
    want: SshFormatError,
  },
];

for (const { name, bytes, want } of cases) {
  Deno.test(`PacketReader refuses ${name}`, async () => {
    await assert.rejects(readerOf(bytes).payload(), want);
  });
}

function head(length: number, padding: number): Uint8Array {
  const bytes = new Uint8Array(5);
  new DataView(bytes.buffer).setUint32(0, length);
  bytes[4] = padding;
  return bytes;
}

function readerOf(bytes: Uint8Array): PacketReader {
  const stream = new PassThrough();
  stream.end(bytes);
  return new PacketReader(new StreamReader(stream, never));
}
