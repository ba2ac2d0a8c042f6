/**
 * A server of SSH that comes as far as to show its key, honest or not.
 *
 * @module
 */
import { Duplex } from "node:stream";
import { joinBytes } from "../base/mod.ts";
import { hashExchange, makeHalf } from "../ssh/agreement.ts";
import { packetOf, PacketReader } from "../ssh/packets.ts";
import { StreamReader } from "../ssh/stream_reader.ts";
import { sshNumber, SshReader, sshString } from "../ssh/mod.ts";

/** How the server is. */
export interface TestHost {
  /** What it shows. */
  readonly certificate: Uint8Array<ArrayBuffer>;
  /** Signs the exchange. */
  readonly sign: (hash: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer>>;
  /** Its key exchanges. */
  readonly kex?: readonly string[];
  /** How it shows its keys. */
  readonly serverHostKey?: readonly string[];
  /** Changes a message before it is sent: its name is 0, the others have their numbers. */
  readonly change?: (number: number, bytes: Uint8Array<ArrayBuffer>) => Uint8Array;
}

const NAME = "SSH-2.0-test";

/** A connection to `host`, as the client has it. */
export function connectTestHost(host: TestHost): Duplex {
  const [ours, theirs] = duplexPair();
  serveTestHost(theirs, host).catch(() => theirs.destroy());
  return ours;
}

/** Is `host` on a connection of its own, up to what it shows; throws where the client does not play along. */
export async function serveTestHost(stream: Duplex, host: TestHost): Promise<void> {
  const { certificate, sign, kex = ["curve25519-sha256"], change = (_, bytes) => bytes } = host;
  const { serverHostKey = ["ssh-ed25519-cert-v01@openssh.com", "ssh-ed25519"] } = host;
  const never = new AbortController().signal;
  const packets = new PacketReader(new StreamReader(stream, never));
  const say = (payload: Uint8Array<ArrayBuffer>) =>
    stream.write(packetOf(change(payload[0] ?? 0, payload)));
  stream.write(change(0, joinBytes(`${NAME}\r\n`)));
  const theirName = await packets.name();
  const lists = [kex, serverHostKey, ["aes128-ctr"], ["aes128-ctr"], [], [], [], [], [], []];
  const ourInit = joinBytes(
    Uint8Array.of(20),
    new Uint8Array(16),
    ...lists.map((names) => sshString(names.join(","))),
    new Uint8Array(5),
  );
  say(ourInit);
  const theirInit = await packets.payload();
  const theirHalf = new SshReader((await packets.payload()).subarray(1)).bytes();
  const wanted = new SshReader(theirInit.subarray(17)).names();
  const method = wanted.find((name) => kex.includes(name)) ?? "";
  const half = await makeHalf(method);
  const secret = await half.agree(theirHalf);
  const said = [theirName, NAME, theirInit, ourInit, certificate, theirHalf, half.open];
  const hash = await hashExchange(method, joinBytes(...said.map(sshString), sshNumber(secret)));
  const fields = [certificate, half.open, await sign(hash)];
  say(joinBytes(Uint8Array.of(31), ...fields.map(sshString)));
}

function duplexPair(): readonly [Duplex, Duplex] {
  const end = (other: () => Duplex) =>
    new Duplex({
      read() {},
      write(chunk, _encoding, done) {
        other().push(chunk);
        done();
      },
      destroy(error, done) {
        if (!other().readableEnded) other().push(null);
        done(error);
      },
    });
  const one: Duplex = end(() => two);
  const two: Duplex = end(() => one);
  return [one, two];
}
