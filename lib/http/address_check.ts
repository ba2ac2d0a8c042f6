/**
 * Where a request may go: the addresses that its host leads to are judged before it is sent (design D22).
 *
 * The connection itself is the runtime's, which looks the name up once more; what `--deny-net` names it refuses
 * by the address it connects to, so a name that changes in between gets no further than that list. We do not
 * hand it the address that was judged: a client made for one address ignores HTTPS_PROXY. Of a request through a
 * proxy the proxy's host is judged.
 *
 * @module
 */
import {
  addressTrouble,
  type Clock,
  fail,
  isAddress,
  isLocalAddress,
  ok,
  type Resolve,
  type Result,
  unlessAborted,
} from "../base/mod.ts";

/** Judged names are not looked up again for so long. */
const KEPT_MS = 10_000;
const MOST_KEPT = 1_000;

/** What was found of a host that nobody is kept from. */
interface Judged {
  readonly sinceMs: number;
  /** Whether one of its addresses is of a network of our own. */
  readonly isLocal: boolean;
}

/** Judges hosts; one for all requests of a client. */
export class AddressCheck {
  readonly #resolve: Resolve;
  readonly #clock: Clock;
  /** Names that were last found to lead to no address that is refused. */
  readonly #passed = new Map<string, Judged>();

  /** Looks names up by `resolve`. */
  constructor(resolve: Resolve, clock: Clock) {
    this.#resolve = resolve;
    this.#clock = clock;
  }

  /**
   * Fails when one of the host's addresses must not be reached; the message begins with `line`. A host of the
   * Internet that has `namedBy` for its name may lead to others there, and to none of our own network.
   */
  async check(
    line: string,
    { hostname, namedBy }: { readonly hostname: string; readonly namedBy?: string | undefined },
    signal: AbortSignal,
  ): Promise<Result<void>> {
    const refused = (why: string) => fail("RefusedAddress", `${line}: dial tcp: ${why}`);
    const judged = await this.#look(hostname, signal);
    if (!judged.ok) return refused(judged.message);
    if (namedBy === undefined || !judged.value.isLocal) return ok(undefined);
    const namer = await this.#look(namedBy, signal);
    if (namer.ok && namer.value.isLocal) return ok(undefined);
    return refused(`${hostname} is in a network of our own, into which ${namedBy} may not lead`);
  }

  /** The same of a host that the user named; the message says only why. */
  async judge(hostname: string, signal: AbortSignal): Promise<Result<void>> {
    const judged = await this.#look(hostname, signal);
    return judged.ok ? ok(undefined) : judged;
  }

  async #look(hostname: string, signal: AbortSignal): Promise<Result<Pick<Judged, "isLocal">>> {
    const host = hostname.replace(/^\[(.*)\]$/, "$1");
    const nowMs = this.#clock.monotonicMs();
    const known = this.#passed.get(host);
    if (known !== undefined && nowMs - known.sinceMs < KEPT_MS) return ok(known);
    const addresses = await this.#addresses(host, signal);
    for (const address of addresses) {
      const trouble = addressTrouble(address);
      if (trouble === undefined) continue;
      return fail("RefusedAddress", `${host} leads to ${trouble}, which is not permitted`);
    }
    if (this.#passed.size >= MOST_KEPT) this.#passed.clear();
    const judged = { sinceMs: this.#clock.monotonicMs(), isLocal: addresses.some(isLocalAddress) };
    if (addresses.length > 0) this.#passed.set(host, judged);
    return ok(judged);
  }

  /** None when the name is unknown here: the connection says so, unless a proxy knows better. */
  async #addresses(host: string, signal: AbortSignal): Promise<readonly string[]> {
    if (isAddress(host)) return [host];
    try {
      return await unlessAborted(this.#resolve(host), signal, []);
    } catch {
      return [];
    }
  }
}
