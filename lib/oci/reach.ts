/**
 * How a registry is reached: with TLS or, where that is allowed, without, and what login it demands.
 *
 * @module
 */
import { type Budget, type Clock, fail, type Failure, ok, type Result } from "../base/mod.ts";
import type { HttpClient, HttpResponse, ProxyOptions, TlsOptions } from "../http/mod.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import { isSuccess, refusal } from "./failure.ts";
import type { ImageName } from "./image_name.ts";

/** Where, and how one may speak to it. */
export interface Way {
  /** Whose registry. */
  readonly name: ImageName;
  /** Whether HTTP without TLS is allowed. */
  readonly insecure: boolean;
  /** Certificates of this registry. */
  readonly tls: TlsOptions | undefined;
  /** Who connects for us. */
  readonly proxy: ProxyOptions | undefined;
}

/** A registry that has answered. */
export interface Reached {
  /** `https://ghcr.io` */
  readonly origin: string;
  /** What it demands; nothing when it lets anybody in, or says so only when it is asked for more. */
  readonly challenge: Challenge | undefined;
  /** It sent us to another server for that, which is told no secret of this one. */
  readonly isElsewhere: boolean;
}

const MOST_PING_BYTES = 1 << 16;
/** Whether a registry has TLS, and who gives its tokens, changes with its setup. */
const KEPT_MS = 3_600_000;
/** Without TLS it may have been a bad moment. */
const KEPT_PLAIN_MS = 10 * 60_000;
const MOST_KEPT = 1_000;

/** Registries that were reached, so that a scan need not begin with asking for the way. */
export class KnownWays {
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly reached: Reached; readonly endMs: number }>();

  /** Knows none yet. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The way to a registry: the known one, or what it says now. */
  async find(http: HttpClient, way: Way, budget: Budget): Promise<Result<Reached>> {
    const key = keyOf(way);
    const known = this.#known.get(key);
    if (known !== undefined && known.endMs > this.#clock.monotonicMs()) return ok(known.reached);
    const reached = await reach(http, way, budget);
    if (!reached.ok) return reached;
    if (this.#known.size >= MOST_KEPT) this.#known.clear();
    const keptMs = reached.value.origin.startsWith("https:") ? KEPT_MS : KEPT_PLAIN_MS;
    this.#known.set(key, { reached: reached.value, endMs: this.#clock.monotonicMs() + keptMs });
    return reached;
  }

  /** Asks for it again next time. */
  forget(way: Way): void {
    this.#known.delete(keyOf(way));
  }
}

function keyOf({ name, insecure, tls, proxy }: Way): string {
  return JSON.stringify([name.registry, insecure, tls?.caCert, tls?.clientCert, proxy]);
}

/** OCI distribution specification, "Determining support": https first, http only where it is allowed. */
async function reach(http: HttpClient, way: Way, budget: Budget): Promise<Result<Reached>> {
  const { name, insecure, tls, proxy } = way;
  const plain = insecure || isNearby(name.registry);
  const failures: Failure[] = [];
  for (const scheme of plain ? ["https", "http"] : ["https"]) {
    const origin = `${scheme}://${name.registry}`;
    const url = `${origin}/v2/`;
    const got = await http.fetch({
      url,
      signal: budget.signal,
      maxBytes: MOST_PING_BYTES,
      ...(tls && { tls }),
      ...(proxy && { proxy }),
    });
    if (got.ok) return reachedBy(got.value, origin);
    failures.push(got);
    if (budget.signal.aborted) break;
  }
  const message = failures.map((failure) => failure.message).join("; ");
  return fail(failures.at(-1)?.code ?? "Unreachable", message, failures[0]?.cause);
}

function reachedBy(answer: HttpResponse, origin: string): Result<Reached> {
  const url = `${origin}/v2/`;
  const isElsewhere = new URL(answer.url).hostname !== new URL(origin).hostname;
  if (isSuccess(answer)) return ok({ origin, challenge: undefined, isElsewhere });
  if (answer.status !== 401) return refusal({ ...answer, method: "GET", url }, []);
  const challenge = challengeOf(answer);
  if (challenge !== undefined) return ok({ origin, challenge, isElsewhere });
  const schemes = parseChallenges(answer.headers.get("www-authenticate") ?? "")
    .map(({ scheme }) => scheme).join(", ");
  return fail("Unauthorized", `GET ${url}: unrecognized challenge: ${schemes}`);
}

/** The way to log in that an answer of 401 names; a token before a password. */
export function challengeOf({ headers }: Pick<HttpResponse, "headers">): Challenge | undefined {
  const challenges = parseChallenges(headers.get("www-authenticate") ?? "");
  return challenges.find(({ scheme }) => scheme === "bearer") ??
    challenges.find(({ scheme }) => scheme === "basic");
}

/** Flux takes registries on the same machine or network without TLS too. */
function isNearby(registry: string): boolean {
  return /^(localhost|.+\.local|.+\.localhost|127\.0\.0\.1|\[::1\])(:|$)/.test(registry) ||
    /^(10\.\d+|192\.168|172\.(1[6-9]|2\d|3[01]))\.\d+\.\d+(:|$)/.test(registry);
}
