/**
 * SOCKS 5: asks a proxy for a connection to a server (RFC 1928, RFC 1929).
 *
 * @module
 */
import type { Duplex } from "node:stream";
import { fail, type Failure, ok, type Result } from "../base/mod.ts";
import { peerOf, timedOut } from "./failure.ts";
import type { HostPlace } from "./known_hosts.ts";
import { StreamEndedError, StreamReader } from "./stream_reader.ts";

/** Who connects for us. */
export interface SocksProxy extends HostPlace {
  /** Who to log in as. */
  readonly username?: string;
  /** Password of `username`. */
  readonly password?: string;
}

const [VERSION, LOGIN_VERSION] = [5, 1];
const [NO_LOGIN, LOGIN] = [0, 2];
const CONNECT = 1;
const DOMAIN = 3;
/** Bytes of an address in an answer, by its type; a name has its own length before it. */
const ADDRESS_BYTES: ReadonlyMap<number, number> = new Map([[1, 4], [4, 16]]);
const LONGEST = 255;
/** RFC 1928 §6. */
const REPLIES: readonly string[] = [
  "succeeded",
  "general SOCKS server failure",
  "connection not allowed by ruleset",
  "network unreachable",
  "host unreachable",
  "connection refused",
  "TTL expired",
  "command not supported",
  "address type not supported",
];

/**
 * Asks over `stream`, which stands to the proxy, for `place`; afterwards the stream stands to the server there. Not a
 * byte of what the server says is read. Failures begin as Go's do.
 */
export async function askSocks(
  stream: Duplex,
  proxy: SocksProxy,
  place: HostPlace,
  signal: AbortSignal,
): Promise<Result<void>> {
  const said = new StreamReader(stream, signal);
  try {
    return await converse(stream, said, proxy, place);
  } catch (thrown) {
    if (signal.aborted) return timedOut(place, "dial");
    if (thrown instanceof StreamEndedError) return refused(proxy, place, "EOF");
    throw thrown;
  } finally {
    said.close();
  }
}

/** A failure in the words of Go's client. */
export function refused(proxy: SocksProxy, place: HostPlace, why: string): Failure {
  return fail("Unreachable", `socks connect tcp ${peerOf(proxy)}->${peerOf(place)}: ${why}`);
}

async function converse(
  stream: Duplex,
  said: StreamReader,
  proxy: SocksProxy,
  place: HostPlace,
): Promise<Result<void>> {
  const { username = "", password = "" } = proxy;
  const [user, secret, host] = [username, password, place.host].map((text) =>
    new TextEncoder().encode(text)
  );
  if (user === undefined || secret === undefined || host === undefined) {
    throw new TypeError("three texts give three arrays");
  }
  const tooLong = [user, secret, host].find(({ length }) => length > LONGEST);
  if (tooLong !== undefined) return refused(proxy, place, `more than ${LONGEST} bytes in a name`);
  const hasLogin = user.length + secret.length > 0;

  const methods = hasLogin ? [NO_LOGIN, LOGIN] : [NO_LOGIN];
  stream.write(Uint8Array.of(VERSION, methods.length, ...methods));
  const [version, method] = await said.take(2);
  if (version !== VERSION) return refused(proxy, place, `unexpected protocol version ${version}`);
  if (method === LOGIN && hasLogin) {
    stream.write(
      Uint8Array.of(LOGIN_VERSION, user.length, ...user, secret.length, ...secret),
    );
    const [, status] = await said.take(2);
    if (status !== 0) {
      return refused(proxy, place, "username/password authentication failed");
    }
  } else if (method !== NO_LOGIN) {
    return refused(proxy, place, "no acceptable authentication methods");
  }

  const port = [place.port >> 8, place.port & 0xff];
  stream.write(Uint8Array.of(VERSION, CONNECT, 0, DOMAIN, host.length, ...host, ...port));
  const [, reply = 0, , type = 0] = await said.take(4);
  if (reply !== 0) {
    return refused(proxy, place, `unknown error ${REPLIES[reply] ?? `code ${reply}`}`);
  }
  const [length = 0] = type === DOMAIN ? await said.take(1) : [ADDRESS_BYTES.get(type)];
  if (length === 0 && type !== DOMAIN) return refused(proxy, place, "unknown address type");
  await said.take(length + port.length);
  return ok(undefined);
}
