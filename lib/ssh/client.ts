/**
 * Programs at servers, over connections that are kept.
 *
 * @module
 */
import {
  type Clock,
  ok,
  type Resolve,
  type Result,
  sha256Hex,
  startDeadline,
  systemClock,
  systemResolve,
} from "../base/mod.ts";
import type { AlgorithmChoice } from "./algorithms.ts";
import type { Connection, ConnectionOptions, Login, SshTimeouts } from "./connection.ts";
import { dial } from "./dial.ts";
import { timedOut } from "./failure.ts";
import type { Identity } from "./identity.ts";
import { type HostPlace, type KnownHosts, parseKnownHosts } from "./known_hosts.ts";
import { ConnectionPool, type Lease } from "./pool.ts";
import type { Program } from "./program.ts";
import type { SocksProxy } from "./socks.ts";
import { Vouchers } from "./vouchers.ts";

/** What a client stands on. */
export interface SshOptions {
  /** Time for deadlines. */
  readonly clock?: Clock;
  /** What is offered to servers instead of the defaults. */
  readonly algorithms?: AlgorithmChoice;
  /** Finds the addresses of a name. */
  readonly resolve?: Resolve;
  /** Longest waits; each has a default. */
  readonly timeouts?: Partial<SshTimeouts>;
}

/** Where to run a program, and as whom. */
export interface SshTarget extends HostPlace {
  /** Name at the server. */
  readonly user: string;
  /** Private key, PEM. */
  readonly identity: string;
  /** Opens the key. */
  readonly passphrase?: string;
  /** The keys that the server may show, as lines of a `known_hosts` file. */
  readonly knownHosts: string;
  /** Who connects for us. */
  readonly proxy?: SocksProxy;
}

/** How to run it. */
export interface RunOptions {
  /** Variables; a server may refuse them without a word. */
  readonly env?: Readonly<Record<string, string>>;
  /** Calls it off, whatever it is doing. */
  readonly signal: AbortSignal;
  /** Uses no connection that was kept. */
  readonly isFresh?: boolean;
}

/** A running program; dispose of it when it has said what you need. */
export interface SshProgram extends Disposable {
  /** Its connection was kept from before. */
  readonly isReused: boolean;
  /** What it prints; throws `SshStreamError` where it fails. */
  read(): AsyncIterable<Uint8Array>;
  /** Sends bytes to its standard input. */
  write(bytes: Uint8Array): void;
}

/** Runs programs. */
export interface SshClient extends AsyncDisposable {
  /** Starts `command`, as a shell at the server reads it. */
  run(target: SshTarget, command: string, options: RunOptions): Promise<Result<SshProgram>>;
}

/** Who never meets a server that speaks SSH need not load ssh2: 16 MiB, and 30 ms of the start. */
const loadIdentities = () => import("./identity.ts");
const loadConnections = () => import("./connection.ts");

const TIMEOUTS: SshTimeouts = {
  loginMs: 30_000,
  reuseMs: 5_000,
  idleMs: 60_000,
  keepMs: 300_000,
  endMs: 1_000,
};
/** Keys that were read; opening a protected one takes a second. */
const MOST_IDENTITIES = 200;

/**
 * Opens a client.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * await using ssh = openSsh({ resolve: () => Promise.resolve(["169.254.169.254"]) });
 * const { signal } = new AbortController();
 * const target = { host: "git.example", port: 22, user: "git", identity: "", knownHosts: "" };
 * const got = await ssh.run(target, "true", { signal });
 * assert.equal(!got.ok && got.message, "ssh: no key found");
 * ```
 */
export function openSsh(options: SshOptions = {}): SshClient {
  const settings: Settings = {
    clock: options.clock ?? systemClock,
    algorithms: options.algorithms ?? {},
    resolve: options.resolve ?? systemResolve,
    timeouts: { ...TIMEOUTS, ...options.timeouts },
  };
  const pool = new ConnectionPool(settings);
  const { keepMs, loginMs: askMs } = settings.timeouts;
  const vouchers = new Vouchers({ ...settings, keepMs, askMs });
  const identities = new Map<string, Result<Identity>>();
  return {
    async run(target, command, runOptions) {
      const login = await readLogin(target, identities);
      if (!login.ok) return login;
      const open = () => connect(settings, vouchers, login.value, runOptions.signal);
      const stand = { pool, open, key: keyOf(target), timeouts: settings.timeouts };
      return await start(stand, login.value.place, command, runOptions);
    },
    [Symbol.asyncDispose]() {
      pool.close();
      return Promise.resolve();
    },
  };
}

interface Settings extends ConnectionOptions {
  readonly resolve: Resolve;
}

/** Everything that decides whom a connection speaks for and whom it trusts. */
function keyOf(target: SshTarget): string {
  const { host, port, user, identity, passphrase, knownHosts, proxy } = target;
  const decisive = [host, port, user, identity, passphrase ?? null, knownHosts, proxy ?? null];
  return sha256Hex(JSON.stringify(decisive));
}

async function readLogin(
  target: SshTarget,
  identities: Map<string, Result<Identity>>,
): Promise<Result<Login>> {
  const identity = await readIdentity(target, identities);
  if (!identity.ok) return identity;
  const knownHosts: Result<KnownHosts> = parseKnownHosts(target.knownHosts);
  if (!knownHosts.ok) return knownHosts;
  return ok({
    place: { host: target.host, port: target.port },
    user: target.user,
    identity: identity.value,
    knownHosts: knownHosts.value,
    secrets: target.passphrase === undefined ? [] : [target.passphrase],
    ...(target.proxy && { proxy: target.proxy }),
  });
}

async function readIdentity(
  { identity, passphrase }: SshTarget,
  identities: Map<string, Result<Identity>>,
): Promise<Result<Identity>> {
  const { parseIdentity } = await loadIdentities();
  const key = sha256Hex(JSON.stringify([identity, passphrase ?? null]));
  const known = identities.get(key);
  if (known !== undefined) return known;
  const parsed = parseIdentity(identity, passphrase);
  const [oldest] = identities.keys();
  if (identities.size >= MOST_IDENTITIES && oldest !== undefined) identities.delete(oldest);
  identities.set(key, parsed);
  return parsed;
}

/** Where connections come from. */
interface Stand {
  readonly pool: ConnectionPool;
  /** Makes one. */
  readonly open: () => Promise<Result<Connection>>;
  /** Says which kept ones will do. */
  readonly key: string;
  readonly timeouts: SshTimeouts;
}

/** A kept connection may be gone without our knowing: then a new one gets the program. */
async function start(
  { pool, open, key, timeouts }: Stand,
  place: HostPlace,
  command: string,
  { env = {}, signal, isFresh = false }: RunOptions,
): Promise<Result<SshProgram>> {
  const whenCalledOff = timedOut(place, "wait for");
  for (let onlyFresh = isFresh;; onlyFresh = true) {
    const lease = await pool.lease(key, open, { isFresh: onlyFresh, signal, whenCalledOff });
    if (!lease.ok) return lease;
    const { connection, isReused } = lease.value;
    const openMs = isReused ? timeouts.reuseMs : timeouts.loginMs;
    const program = await connection.start(command, { env, signal, openMs });
    if (program.ok) return ok(programOf(program.value, lease.value, timeouts.endMs));
    connection.drop();
    lease.value.release();
    if (!isReused || signal.aborted) return program;
  }
}

/** A certificate from before may be out of date by now: then the server is asked once more. */
async function connect(
  settings: Settings,
  vouchers: Vouchers,
  login: Login,
  signal: AbortSignal,
): Promise<Result<Connection>> {
  using deadline = startDeadline(settings.clock, settings.timeouts.loginMs, signal);
  const { proxy, place } = login;
  const search = {
    dial: (called: AbortSignal) => dial(place, called, { resolve: settings.resolve, proxy }),
    signal: deadline.signal,
  };
  // Before there is a connection: while this is read nobody would hear of its trouble.
  const { logIn } = await loadConnections();
  for (let isSecond = false;; isSecond = true) {
    const found = await vouchers.find(login, search);
    if (!found.ok) return found;
    const { voucher, isRemembered } = found.value;
    const address = isRemembered ? undefined : voucher?.address;
    const resolve = address === undefined ? settings.resolve : () => Promise.resolve([address]);
    const socket = await dial(place, deadline.signal, { resolve, proxy });
    if (!socket.ok) return socket;
    const options = { ...settings, voucher, signal: deadline.signal };
    const connection = await logIn(socket.value, login, options);
    const isStale = !connection.ok && connection.code === "HostKeyRejected" && isRemembered;
    if (!isStale || isSecond) return connection;
    vouchers.forget(login);
  }
}

function programOf(program: Program, lease: Lease, endMs: number): SshProgram {
  return {
    isReused: lease.isReused,
    read: () => program.read(),
    write: (bytes) => program.write(bytes),
    [Symbol.dispose]() {
      // The caller has what it wanted; the connection is free once the server has let go.
      lease.release(program.end(endMs));
    },
  };
}
