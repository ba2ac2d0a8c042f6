/**
 * Where a request may go: the addresses that its host leads to are judged before it is sent (design D22).
 *
 * The connection itself is the runtime's, which looks the name up once more; what `--deny-net` names it refuses
 * by the address it connects to, so a name that changes in between gets no further than that list. We do not
 * hand it the address that was judged: a client made for one address ignores HTTPS_PROXY. Of a request through a proxy the proxy's host is judged.
 *
 * @module
 */
import {
  addressTrouble,
  type Clock,
  fail,
  isAddress,
  ok,
  type Resolve,
  type Result,
} from "../base/mod.ts";

/** Judged names are not looked up again for so long. */
const KEPT_MS = 10_000;
const MOST_KEPT = 1_000;

/** Judges hosts; one for all requests of a client. */
export class AddressCheck {
  readonly #resolve: Resolve;
  readonly #clock: Clock;
  /** When a name was last found to lead to no such address. */
  readonly #passed = new Map<string, number>();

  /** Looks names up by `resolve`. */
  constructor(resolve: Resolve, clock: Clock) {
    this.#resolve = resolve;
    this.#clock = clock;
  }

  /** Fails when one of the host's addresses must not be reached; the message begins with `line`. */
  async check(line: string, hostname: string, signal: AbortSignal): Promise<Result<void>> {
    const judged = await this.judge(hostname, signal);
    return judged.ok ? judged : fail(judged.code, `${line}: dial tcp: ${judged.message}`);
  }

  /** The same; the message says only why. */
  async judge(hostname: string, signal: AbortSignal): Promise<Result<void>> {
    const host = hostname.replace(/^\[(.*)\]$/, "$1");
    const since = this.#passed.get(host);
    if (since !== undefined && this.#clock.monotonicMs() - since < KEPT_MS) return ok(undefined);
    const addresses = await this.#addresses(host, signal);
    for (const address of addresses) {
      const trouble = addressTrouble(address);
      if (trouble === undefined) continue;
      return fail("RefusedAddress", `${host} leads to ${trouble}, which is not permitted`);
    }
    if (this.#passed.size >= MOST_KEPT) this.#passed.clear();
    if (addresses.length > 0) this.#passed.set(host, this.#clock.monotonicMs());
    return ok(undefined);
  }

  /** None when the name is unknown here: the connection says so, unless a proxy knows better. */
  async #addresses(host: string, signal: AbortSignal): Promise<readonly string[]> {
    if (isAddress(host)) return [host];
    const aborted = Promise.withResolvers<readonly string[]>();
    const abort = () => aborted.resolve([]);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    try {
      return await Promise.race([this.#resolve(host), aborted.promise]);
    } catch {
      return [];
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }
}
