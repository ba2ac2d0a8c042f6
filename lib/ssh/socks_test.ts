import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import { askSocks, type SocksProxy } from "./socks.ts";

const PLACE = { host: "git.example", port: 2222 };
const PROXY = { host: "proxy.example", port: 1080 };
const LOGIN = { username: "me", password: "pw" };
const PREFIX = "socks connect tcp proxy.example:1080->git.example:2222: ";
const ASK = [5, 1, 0, 3, 11, ...Buffer.from("git.example"), 8, 174];
const DONE = [5, 0, 0, 1, 127, 0, 0, 1, 0, 22];
const BANNER = Buffer.from("SSH-2.0-x\r\n");

const cases: {
  name: string;
  proxy?: Partial<SocksProxy>;
  place?: { host: string; port: number };
  /** What the proxy says, one piece after each of ours. */
  says: readonly (readonly number[])[];
  /** What it is told. */
  hears: readonly (readonly number[])[];
  want: string;
}[] = [
  {
    name: "connects without a login",
    says: [[5, 0], [...DONE, ...BANNER]],
    hears: [[5, 1, 0], ASK],
    want: "ok",
  },
  {
    name: "logs in",
    proxy: LOGIN,
    says: [[5, 2], [1, 0], DONE],
    hears: [[5, 2, 0, 2], [1, 2, 109, 101, 2, 112, 119], ASK],
    want: "ok",
  },
  {
    name: "needs no login where none is asked for",
    proxy: LOGIN,
    says: [[5, 0], DONE],
    hears: [[5, 2, 0, 2], ASK],
    want: "ok",
  },
  {
    name: "reads an address of IPv6 and one in words",
    says: [[5, 0], [5, 0, 0, 3, 2, 104, 105, 0, 22, ...BANNER]],
    hears: [[5, 1, 0], ASK],
    want: "ok",
  },
  {
    name: "is refused with a wrong login",
    proxy: LOGIN,
    says: [[5, 2], [1, 1]],
    hears: [[5, 2, 0, 2], [1, 2, 109, 101, 2, 112, 119]],
    want: `${PREFIX}username/password authentication failed`,
  },
  {
    name: "is refused without a login where one is demanded",
    says: [[5, 2]],
    hears: [[5, 1, 0]],
    want: `${PREFIX}no acceptable authentication methods`,
  },
  {
    name: "is told that nothing fits",
    says: [[5, 255]],
    hears: [[5, 1, 0]],
    want: `${PREFIX}no acceptable authentication methods`,
  },
  {
    name: "is told that nobody is there",
    says: [[5, 0], [5, 5, 0, 1, 0, 0, 0, 0, 0, 0]],
    hears: [[5, 1, 0], ASK],
    want: `${PREFIX}unknown error connection refused`,
  },
  {
    name: "is told what nobody knows",
    says: [[5, 0], [5, 77, 0, 1]],
    hears: [[5, 1, 0], ASK],
    want: `${PREFIX}unknown error code 77`,
  },
  {
    name: "meets another kind of server",
    says: [[72, 84, 84, 80]],
    hears: [[5, 1, 0]],
    want: `${PREFIX}unexpected protocol version 72`,
  },
  {
    name: "meets an address of no kind",
    says: [[5, 0], [5, 0, 0, 9, 1, 1]],
    hears: [[5, 1, 0], ASK],
    want: `${PREFIX}unknown address type`,
  },
  {
    name: "is cut off",
    says: [[5, 0], [5, 0, 0]],
    hears: [[5, 1, 0], ASK],
    want: `${PREFIX}EOF`,
  },
  {
    name: "does not ask for a name that is too long",
    place: { host: "a".repeat(256), port: 22 },
    says: [],
    hears: [],
    want: `socks connect tcp proxy.example:1080->${"a".repeat(256)}:22: ` +
      "more than 255 bytes in a name",
  },
];

for (const { name, proxy, place = PLACE, says, hears, want } of cases) {
  Deno.test(`askSocks() ${name}`, async () => {
    const { stream, heard } = scriptedProxy(says);

    const got = await askSocks(stream, { ...PROXY, ...proxy }, place, new AbortController().signal);

    assert.equal(got.ok ? "ok" : got.message, want);
    assert.deepEqual(heard, hears);
    if (says.at(-1)?.includes(BANNER[0] ?? 0) && got.ok) {
      assert.deepEqual(stream.read(), BANNER, "what the server says is left to others");
    }
  });
}

Deno.test("askSocks() is called off while the proxy says nothing", async () => {
  const off = new AbortController();
  const stream = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  const asked = askSocks(stream, PROXY, PLACE, off.signal);

  off.abort();

  const got = await asked;
  assert.equal(!got.ok && got.code, "Timeout");
});

/** Says each piece a byte at a time, the last one at once; ends when it has no more to say. */
function scriptedProxy(
  says: readonly (readonly number[])[],
): { stream: Duplex; heard: number[][] } {
  const heard: number[][] = [];
  const stream = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      const piece = says[heard.length];
      const isLast = heard.length === says.length - 1;
      heard.push([...chunk]);
      if (isLast) stream.push(Buffer.from(piece ?? []));
      else for (const byte of piece ?? []) stream.push(Buffer.of(byte));
      const isOver = isLast && !(piece ?? []).includes(BANNER[0] ?? 0);
      if (isOver || piece === undefined) stream.push(null);
      done();
    },
  });
  return { stream, heard };
}
