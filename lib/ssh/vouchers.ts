/**
 * Servers whose keys an authority signs: asked for their certificates once, for all who want to know, and as long as
 * connections are kept. sshd counts clients that leave without a login, and sends away those that do it often.
 *
 * @module
 */
import type { Duplex } from "node:stream";
import {
  type Clock,
  type Expiring,
  ExpiringCache,
  fail,
  type Failure,
  ok,
  type Result,
  sha256Hex,
  startDeadline,
} from "../base/mod.ts";
import { type AlgorithmChoice, algorithmsFor } from "./algorithms.ts";
import { timedOut } from "./failure.ts";
import { checkHostCertificate, parseHostCertificate } from "./host_certificate.ts";
import { checkStrength } from "./host_key.ts";
import { askForCertificate, type Showing, withCertificates } from "./key_exchange.ts";
import { authoritiesOf, type HostPlace, type KnownHosts, plainKeysOf } from "./known_hosts.ts";
import { parseSshKey } from "./public_key.ts";
import type { SocksProxy } from "./socks.ts";
import { SshFormatError, SshReader } from "./wire.ts";

/** What a server's certificate says of its key. */
export interface Voucher {
  /** The only key that the server may show; absent where no certificate vouches and lines alone decide. */
  readonly key?: Uint8Array;
  /** Why none vouches. */
  readonly why?: string;
  /** Where the certificate was shown: behind one name may be servers with several keys. */
  readonly address?: string;
}

/** A server, how it is reached, and whom to believe about it. */
export interface Trust {
  /** Where. */
  readonly place: HostPlace;
  /** Its keys, and who signs them. */
  readonly knownHosts: KnownHosts;
  /** Who connects for us. */
  readonly proxy?: SocksProxy;
}

/** What vouchers stand on. */
export interface VoucherOptions {
  /** Says whether a certificate holds. */
  readonly clock: Clock;
  /** How long one is remembered at most. */
  readonly keepMs: number;
  /** How long a server may take to show one; there may always be somebody who waits for it. */
  readonly askMs: number;
  /** What the user offers servers. */
  readonly algorithms: AlgorithmChoice;
}

/** A connection, and to where it leads. */
export interface Dialled extends Duplex {
  /** The address at its other end. */
  readonly remoteAddress?: string | undefined;
}

/** One look for a voucher. */
interface Search {
  /** Connects to the server, unless called off. */
  readonly dial: (signal: AbortSignal) => Promise<Result<Dialled>>;
  /** Calls the look off; others may look for the same. */
  readonly signal: AbortSignal;
}

/** What was found, and whether it was known from before, and so may be out of date. */
export interface Found {
  /** Nothing where no line names an authority for this server. */
  readonly voucher?: Voucher;
  /** Not asked for just now. */
  readonly isRemembered: boolean;
}

/** What a server showed, whoever believes it. */
interface Shown {
  /** `NoCertificate` where it has none. */
  readonly showing: Result<Showing>;
  readonly address: string | undefined;
  readonly atMs: number;
}

/** After this time who is refused by what is remembered has the server asked anew: it may have been mended. */
const DOUBT_MS = 30_000;

/** Vouchers by server. */
export class Vouchers {
  readonly #options: VoucherOptions;
  readonly #shown: ExpiringCache<Shown>;

  /** Starts without any. */
  constructor(options: VoucherOptions) {
    this.#options = options;
    this.#shown = new ExpiringCache({ clock: options.clock, reserveMs: 0 });
  }

  /** Finds out what vouches for a server, which is asked only where an authority may. */
  async find(trust: Trust, search: Search): Promise<Result<Found>> {
    if (authoritiesOf(trust.knownHosts, trust.place).length === 0) {
      return ok({ isRemembered: false });
    }
    const { clock } = this.#options;
    const { signal, dial } = search;
    const patience = { signal, calledOff: timedOut(trust.place, "log in to") };
    while (true) {
      let isRemembered = true;
      const ask = (called: AbortSignal) => {
        isRemembered = false;
        return this.#ask(trust, dial, called);
      };
      const shown = await this.#shown.get(serverOf(trust), ask, patience);
      if (!shown.ok) return shown;
      const voucher = await judge(shown.value, trust, clock.now());
      const vouches = voucher.ok && voucher.value.key !== undefined;
      const isDoubtful = isRemembered && clock.now() - shown.value.atMs >= DOUBT_MS;
      if (vouches || !isDoubtful) {
        return voucher.ok ? ok({ voucher: voucher.value, isRemembered }) : voucher;
      }
      this.forget(trust);
    }
  }

  /** The server shows another key than was vouched for. */
  forget(trust: Trust): void {
    this.#shown.forget(serverOf(trust));
  }

  async #ask(
    { place }: Trust,
    dial: Search["dial"],
    called: AbortSignal,
  ): Promise<Result<Expiring<Shown>>> {
    const { algorithms, clock, keepMs, askMs } = this.#options;
    using deadline = startDeadline(clock, askMs, called);
    const { signal } = deadline;
    const socket = await dial(signal);
    if (!socket.ok) return socket;
    socket.value.on("error", () => {});
    const { remoteAddress: address } = socket.value;
    const offer = withCertificates(algorithmsFor(algorithms, new Set()));
    try {
      const showing = await askForCertificate(socket.value, place, { offer, signal });
      if (!showing.ok && showing.code !== "NoCertificate") return showing;
      const atMs = clock.now();
      return ok({ value: { showing, address, atMs }, endMs: atMs + keepMs });
    } finally {
      socket.value.destroy();
    }
  }
}

/** Everything that decides which server is reached. */
function serverOf({ place, proxy }: Trust): string {
  return sha256Hex(JSON.stringify([place.host, place.port, proxy ?? null]));
}

/** What follows for one who trusts so; a failure where nothing is left that could vouch. */
async function judge(
  { showing, address }: Shown,
  trust: Trust,
  nowMs: number,
): Promise<Result<Voucher>> {
  const key = showing.ok ? await judgeShowing(showing.value, trust, nowMs) : showing;
  if (key.ok) return ok({ key: key.value, ...(address !== undefined && { address }) });
  return isLeftToLines(key, trust) ? ok({ why: key.message }) : rejected(key);
}

/** Without a certificate that counts, a server may still show a key that a line names, as with OpenSSH. */
function isLeftToLines({ code }: Failure, { knownHosts, place }: Trust): boolean {
  return code === "NoCertificate" ||
    (code === "InvalidCertificate" && plainKeysOf(knownHosts, place).length > 0);
}

function rejected({ code, message }: Failure): Failure {
  const kept = code === "InvalidCertificate" ? "HostKeyRejected" : code;
  return fail(kept, `ssh: handshake failed: ${message}`);
}

/** The key in what was shown, if that is a certificate that vouches, shown by who holds the key. */
async function judgeShowing(
  showing: Showing,
  { place, knownHosts }: Trust,
  nowMs: number,
): Promise<Result<Uint8Array>> {
  const certificate = parseHostCertificate(showing.certificate);
  if (!certificate.ok) return fail("HostKeyRejected", certificate.message);
  const { key } = certificate.value;
  const strong = checkStrength(key);
  if (!strong.ok) return strong;
  if (!await holdsKey(key, showing)) {
    const why = "the host does not hold the key of the certificate that it shows";
    return fail("HostKeyRejected", `ssh: ${why}`);
  }
  const vouches = await checkHostCertificate(certificate.value, { place, knownHosts, nowMs });
  return vouches.ok ? ok(key) : vouches;
}

/** The signature is of the kind that was agreed on: another one may be weaker. */
async function holdsKey(
  blob: Uint8Array<ArrayBuffer>,
  { algorithm, hash, signature }: Showing,
): Promise<boolean> {
  try {
    const key = await parseSshKey(blob);
    return new SshReader(signature).name() === algorithm && await key.verify(signature, hash);
  } catch (thrown) {
    if (!(thrown instanceof SshFormatError)) throw thrown;
    return false;
  }
}
