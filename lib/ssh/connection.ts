/**
 * One connection to a server: handshake, login, programs one after the other.
 *
 * @module
 */
import type { Socket } from "node:net";
// @ts-types="./ssh2.d.ts"
import ssh2 from "ssh2";
import {
  type Clock,
  fail,
  type Failure,
  isSameBytes,
  ok,
  type Result,
  startDeadline,
} from "../base/mod.ts";
import { type AlgorithmChoice, algorithmsFor, keyTypeOf, type SshOffer } from "./algorithms.ts";
import { handshakeFailure, peerOf, timedOut } from "./failure.ts";
import { checkStrength, keyType } from "./host_key.ts";
import type { Identity } from "./identity.ts";
import { checkHostKey, type HostPlace, knownKeyTypes, plainKeysOf } from "./known_hosts.ts";
import { Program } from "./program.ts";
import type { Channel, Client } from "./ssh2.d.ts";
import type { Trust, Voucher } from "./vouchers.ts";

/** Whom to log in as, and whom to believe. */
export interface Login extends Trust {
  /** Name at the server. */
  readonly user: string;
  /** Our key. */
  readonly identity: Identity;
  /** What must not be shown. */
  readonly secrets: readonly string[];
}

/** Longest waits, in milliseconds. */
export interface SshTimeouts {
  /** For a TCP connection, handshake and login together. */
  readonly loginMs: number;
  /** For a kept connection to take a program; a new one has `loginMs`. */
  readonly reuseMs: number;
  /** Between two bytes of a program. */
  readonly idleMs: number;
  /** For an unused connection. */
  readonly keepMs: number;
  /** For a program to end after it was told to. */
  readonly endMs: number;
}

/** What every connection shares. */
export interface ConnectionOptions {
  /** Time. */
  readonly clock: Clock;
  /** Longest waits. */
  readonly timeouts: SshTimeouts;
  /** What the user offers servers. */
  readonly algorithms: AlgorithmChoice;
}

/** What a program gets. */
export interface ProgramOptions {
  /** Variables; a server may refuse them without a word. */
  readonly env?: Readonly<Record<string, string>>;
  /** Calls it off. */
  readonly signal: AbortSignal;
  /** Longest wait for the server to start it. */
  readonly openMs: number;
}

/** A connection on which somebody is logged in. */
export class Connection {
  readonly #client: Client;
  readonly #login: Login;
  readonly #options: ConnectionOptions;
  #program: Program | undefined;
  #isOpen = true;

  /** Takes a client that is ready. */
  constructor(client: Client, login: Login, options: ConnectionOptions) {
    this.#client = client;
    this.#login = login;
    this.#options = options;
    client.on("close", () => this.#lost());
    client.on("end", () => this.#lost());
    client.on("error", () => this.drop());
  }

  /** Whether it still stands, as far as we know. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Starts a program; only one at a time. */
  async start(
    command: string,
    { env = {}, signal, openMs }: ProgramOptions,
  ): Promise<Result<Program>> {
    const { clock, timeouts } = this.#options;
    const { place, secrets } = this.#login;
    using deadline = startDeadline(clock, openMs, signal);
    const channel = await this.#open(command, env, deadline.signal);
    if (!channel.ok) return channel;
    const drop = () => this.drop();
    const { idleMs } = timeouts;
    this.#program = new Program(channel.value, { clock, idleMs, signal, place, secrets, drop });
    return ok(this.#program);
  }

  /** Closes it at once. */
  drop(): void {
    this.#lost();
    this.#client.destroy();
  }

  /** Says goodbye and closes it. */
  close(): void {
    this.#lost();
    this.#client.end();
    this.#client.destroy();
  }

  #open(
    command: string,
    env: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Result<Channel>> {
    const { place } = this.#login;
    return new Promise((settle) => {
      const abort = () => end(timedOut(place, "start a program at"));
      const lost = () => end(closedBy(place));
      const client = this.#client;
      function end(result: Result<Channel>): void {
        signal.removeEventListener("abort", abort);
        client.off("close", lost);
        settle(result);
      }
      signal.addEventListener("abort", abort, { once: true });
      client.once("close", lost);
      if (signal.aborted) return abort();
      try {
        client.exec(command, { env }, (error, channel) => {
          if (error === undefined) end(ok(channel));
          else end(fail("Unreachable", `ssh: ${peerOf(place)} refuses to start a program`, error));
        });
      } catch {
        lost();
      }
    });
  }

  #lost(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#program?.lose(closedBy(this.#login.place));
  }
}

function closedBy(place: HostPlace): Failure {
  return fail("Unreachable", `ssh: ${peerOf(place)} closed the connection`);
}

/** How to log in. */
export interface LoginOptions extends ConnectionOptions {
  /** What the server's certificate says, where an authority signs its keys. */
  readonly voucher: Voucher | undefined;
  /** Calls it off. */
  readonly signal: AbortSignal;
}

/** Shakes hands over `socket` and logs in; the socket is closed when that fails. */
export async function logIn(
  socket: Socket,
  login: Login,
  options: LoginOptions,
): Promise<Result<Connection>> {
  const { place, user: username, identity } = login;
  const client = new ssh2.Client();
  // One trouble may be told several times, and one that nobody hears ends the process.
  client.on("error", () => {});
  let rejected: Failure | undefined;
  const methods = [
    { type: "none" as const, username },
    { type: "publickey" as const, username, key: identity },
  ];
  const ready = waitUntilReady(client, place, options.signal);
  client.connect({
    sock: socket,
    username,
    readyTimeout: 0,
    algorithms: offerFor(login, options),
    hostVerifier(key) {
      const strong = checkStrength(key);
      const known = strong.ok ? checkShown(key, login, options.voucher) : strong;
      if (known.ok) return true;
      rejected = fail(known.code, `ssh: handshake failed: ${known.message}`);
      return false;
    },
    authHandler: () => methods.shift() ?? false,
  });
  const failed = await ready;
  if (failed === undefined) return ok(new Connection(client, login, options));
  client.destroy();
  socket.destroy();
  return rejected ?? failed;
}

/** A server with a certificate is asked for the key in it alone. */
function offerFor({ knownHosts, place }: Login, { algorithms, voucher }: LoginOptions): SshOffer {
  if (voucher?.key === undefined) {
    return algorithmsFor(algorithms, knownKeyTypes(knownHosts, place));
  }
  const type = keyType(voucher.key);
  const offer = algorithmsFor(algorithms, new Set());
  const serverHostKey = offer.serverHostKey.filter((name) => keyTypeOf(name) === type);
  return { ...offer, serverHostKey };
}

/** The handshake proves anew that the server holds the key, which is the one in its certificate or in a line. */
function checkShown(
  key: Uint8Array,
  { knownHosts, place }: Login,
  voucher: Voucher | undefined,
): Result<void> {
  if (voucher?.key !== undefined) {
    if (isSameBytes(voucher.key, key)) return ok(undefined);
    const why = "it is not the one in the certificate that the host showed";
    return fail("HostKeyRejected", `knownhosts: key mismatch: ${why}`);
  }
  const known = checkHostKey(knownHosts, place, key);
  if (known.ok || voucher?.why === undefined) return known;
  const why = plainKeysOf(knownHosts, place).length > 0
    ? `, and no certificate vouches for it: ${voucher.why}`
    : `: only @cert-authority lines name this host, and ${voucher.why}; set HostCertificate in its ` +
      "sshd_config, or add a line with its own key";
  return fail(known.code, `${known.message}${why}`);
}

function waitUntilReady(
  client: Client,
  place: HostPlace,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  return new Promise((settle) => {
    const abort = () => end(timedOut(place, "log in to"));
    const failed = (thrown: unknown) => end(handshakeFailure(place, thrown));
    const closed = () => end(handshakeFailure(place, new Error("ended")));
    const ready = () => end(undefined);
    function end(failure: Failure | undefined): void {
      signal.removeEventListener("abort", abort);
      client.off("error", failed).off("close", closed).off("ready", ready);
      settle(failure);
    }
    signal.addEventListener("abort", abort, { once: true });
    client.once("error", failed).once("close", closed).once("ready", ready);
    if (signal.aborted) abort();
  });
}
