/**
 * A key exchange that ends once the server has shown its certificate: RFC 4253 §7, RFC 5656 §4. ssh2 makes none with
 * certificates; nobody is logged in by this one, and nothing is sent under its keys.
 *
 * @module
 */
import type { Duplex } from "node:stream";
import { fail, joinBytes, ok, type Result } from "../base/mod.ts";
import { canAgree, hashExchange, makeHalf } from "./agreement.ts";
import type { SshOffer } from "./algorithms.ts";
import { brokenProtocol, hungUp, timedOut } from "./failure.ts";
import { CERTIFICATE_SUFFIX } from "./host_certificate.ts";
import type { HostPlace } from "./known_hosts.ts";
import { packetOf, PacketReader } from "./packets.ts";
import { StreamEndedError, StreamReader } from "./stream_reader.ts";
import { SshFormatError, sshNumber, SshReader, sshString } from "./wire.ts";

/** What a server showed, and its signature under it; neither is believed yet. */
export interface Showing {
  /** How it signed: `rsa-sha2-512`. */
  readonly algorithm: string;
  /** The certificate. */
  readonly certificate: Uint8Array<ArrayBuffer>;
  /** Hash of all that was said: what it signed. */
  readonly hash: Uint8Array<ArrayBuffer>;
  /** The encoded signature. */
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** Numbers of messages: RFC 4253 §12, RFC 5656 §7.1. */
const MESSAGE = { disconnect: 1, init: 20, half: 30, answer: 31 } as const;
const BY_APPLICATION = 11;
const COOKIE_BYTES = 16;
const OUR_NAME = "SSH-2.0-Sluice";

/**
 * Asks over `stream` for the server's certificate, and says goodbye. `NoCertificate` when the server has none of the kinds in
 * `offer`, whose host keys are those of {@linkcode withCertificates}.
 */
export async function askForCertificate(
  stream: Duplex,
  place: HostPlace,
  { offer, signal }: { readonly offer: SshOffer; readonly signal: AbortSignal },
): Promise<Result<Showing>> {
  const said = new StreamReader(stream, signal);
  try {
    return await converse(stream, new PacketReader(said), offer);
  } catch (thrown) {
    if (signal.aborted) return timedOut(place, "log in to");
    if (thrown instanceof StreamEndedError) return hungUp(place);
    if (thrown instanceof SshFormatError) return brokenProtocol(place, thrown);
    throw thrown;
  } finally {
    said.close();
  }
}

/** The offer with the certificates of its keys first, and of its key exchanges those that are known here. */
export function withCertificates(offer: SshOffer): SshOffer {
  const certificates = offer.serverHostKey.map((name) => `${name}${CERTIFICATE_SUFFIX}`);
  return {
    ...offer,
    kex: offer.kex.filter(canAgree),
    // A server without certificates finds its plain keys, and so nothing to complain about in its log.
    serverHostKey: [...certificates, ...offer.serverHostKey],
  };
}

async function converse(
  stream: Duplex,
  packets: PacketReader,
  offer: SshOffer,
): Promise<Result<Showing>> {
  stream.write(`${OUR_NAME}\r\n`);
  const theirName = await packets.name();
  const ourInit = initOf(offer);
  stream.write(packetOf(ourInit));
  const theirInit = await packets.payload();
  const theirs = readInit(theirInit);
  const algorithm = offer.serverHostKey.find((name) => theirs.serverHostKey.includes(name)) ?? "";
  if (!algorithm.endsWith(CERTIFICATE_SUFFIX)) return none("it shows no certificate");
  const kex = offer.kex.find((name) => theirs.kex.includes(name));
  if (kex === undefined) return none("no key exchange is known in which it could show one");

  const half = await makeHalf(kex);
  stream.write(packetOf(joinBytes(Uint8Array.of(MESSAGE.half), sshString(half.open))));
  const answer = readAnswer(await packets.payload());
  const secret = await half.agree(answer.half);
  const before = [theirName, ourInit, theirInit, answer.certificate, half.open, answer.half];
  const hashed = [OUR_NAME, ...before].map(sshString);
  const hash = await hashExchange(kex, joinBytes(...hashed, sshNumber(secret)));
  stream.write(packetOf(goodbye()));
  return ok({
    algorithm: algorithm.slice(0, -CERTIFICATE_SUFFIX.length),
    certificate: answer.certificate,
    hash,
    signature: answer.signature,
  });
}

function none(why: string): Result<never> {
  return fail("NoCertificate", why);
}

/** RFC 4253 §7.1: what we know, the same in both directions. */
function initOf({ kex, serverHostKey, cipher, hmac, compress }: SshOffer): Uint8Array<ArrayBuffer> {
  const lists = [kex, serverHostKey, cipher, cipher, hmac, hmac, compress, compress, [], []];
  return joinBytes(
    Uint8Array.of(MESSAGE.init),
    crypto.getRandomValues(new Uint8Array(COOKIE_BYTES)),
    ...lists.map((names) => sshString(names.join(","))),
    // No packet follows that guesses, and a number without meaning.
    new Uint8Array(5),
  );
}

/** The first two of its lists; the others belong to what never begins here. */
function readInit(
  payload: Uint8Array<ArrayBuffer>,
): { readonly kex: readonly string[]; readonly serverHostKey: readonly string[] } {
  const reader = messageOf(payload, MESSAGE.init);
  reader.take(COOKIE_BYTES);
  return { kex: reader.names(), serverHostKey: reader.names() };
}

function readAnswer(payload: Uint8Array<ArrayBuffer>) {
  const reader = messageOf(payload, MESSAGE.answer);
  const [certificate, half, signature] = [reader.bytes(), reader.bytes(), reader.bytes()];
  reader.end();
  return { certificate, half, signature };
}

function messageOf(payload: Uint8Array<ArrayBuffer>, wanted: number): SshReader {
  const reader = new SshReader(payload);
  const [number = 0] = reader.take(1);
  if (number === wanted) return reader;
  if (number === MESSAGE.disconnect) throw new StreamEndedError("it says goodbye");
  throw new SshFormatError(`it sends message ${number} where ${wanted} is due`);
}

/** RFC 4253 §11.1, without words. */
function goodbye(): Uint8Array<ArrayBuffer> {
  const head = Uint8Array.of(MESSAGE.disconnect, 0, 0, 0, BY_APPLICATION);
  return joinBytes(head, sshString(""), sshString(""));
}
