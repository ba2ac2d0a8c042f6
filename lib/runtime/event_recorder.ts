/**
 * Kubernetes Events: what is said again only raises a count, and nobody may talk without end.
 *
 * @module
 */
import { type Clock, fail, formatTime, ok, type Result } from "../base/mod.ts";
import { type Cluster, type ObjectRef, refOf } from "../kube/mod.ts";
import { type Happening, kubernetesEvent, sameEventKey } from "./event_message.ts";

/** After this time the same words are a new event. */
const SAME_EVENT_MS = 10 * 60_000;
const MOST_REMEMBERED = 4_096;
/** Per object: so many at once, and one more every five minutes. */
const BURST = 25;
const REFILL_MS = 5 * 60_000;

interface Said {
  ref: ObjectRef;
  count: number;
  lastMs: number;
}

interface Allowance {
  left: number;
  sinceMs: number;
}

/** Writes events to the API server. */
export class KubernetesEventSink {
  readonly #cluster: Cluster;
  readonly #clock: Clock;
  readonly #said = new Map<string, Said>();
  readonly #allowances = new Map<string, Allowance>();
  #serial = 0;

  /** Remembers nothing yet. */
  constructor(options: { cluster: Cluster; clock: Clock }) {
    this.#cluster = options.cluster;
    this.#clock = options.clock;
  }

  /** Creates the event, or counts it on the one that says the same. */
  async record(event: Happening): Promise<Result<void>> {
    if (!this.#isAllowed(event)) return ok(undefined);
    const key = sameEventKey(event);
    const said = this.#said.get(key);
    if (said !== undefined && this.#clock.monotonicMs() - said.lastMs < SAME_EVENT_MS) {
      const counted = await this.#countUp(said, event);
      if (counted.ok || counted.code !== "NotFound") return judge(counted);
    }
    this.#said.delete(key);
    return await this.#create(key, event);
  }

  async #create(key: string, event: Happening): Promise<Result<void>> {
    const object = kubernetesEvent(event, this.#serial++);
    const created = await this.#cluster.create(object, { fieldManager: event.controller });
    if (!created.ok) return judge(created);
    remember(this.#said, key, {
      ref: refOf(object),
      count: 1,
      lastMs: this.#clock.monotonicMs(),
    });
    return ok(undefined);
  }

  async #countUp(said: Said, event: Happening): Promise<Result<unknown>> {
    const patch = { count: said.count + 1, lastTimestamp: formatTime(event.atMs) };
    const counted = await this.#cluster.patch(said.ref, patch, {
      type: "merge",
      fieldManager: event.controller,
    });
    if (!counted.ok) return counted;
    said.count++;
    said.lastMs = this.#clock.monotonicMs();
    return counted;
  }

  #isAllowed(event: Happening): boolean {
    const { kind, namespace, name, uid } = event.object;
    const key = JSON.stringify([event.controller, kind, namespace, name, uid]);
    const nowMs = this.#clock.monotonicMs();
    const before = this.#allowances.get(key) ?? { left: BURST, sinceMs: nowMs };
    const refilled = Math.floor((nowMs - before.sinceMs) / REFILL_MS);
    const left = Math.min(BURST, before.left + refilled);
    const sinceMs = left === BURST ? nowMs : before.sinceMs + refilled * REFILL_MS;
    remember(this.#allowances, key, { left: Math.max(0, left - 1), sinceMs });
    return left > 0;
  }
}

/** What the server refuses for good is not tried again: a namespace that is going away, no permission. */
function judge(written: Result<unknown>): Result<void> {
  if (written.ok) return ok(undefined);
  const again = ["Unreachable", "Timeout", "TooManyRequests", "InternalError", "Conflict"];
  return again.includes(written.code) ? written : fail("Permanent", written.message);
}

/** A map keeps its insertion order: the first entry is the one that was used longest ago. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= MOST_REMEMBERED) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
