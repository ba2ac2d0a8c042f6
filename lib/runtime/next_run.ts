/**
 * When an object runs again, as data: what a run gives back and the schedule acts on.
 *
 * @module
 */
import { parseDuration, type Random } from "../base/mod.ts";
import type { KindController, ReconciledObject } from "./kind.ts";
import type { Outcome, Until, WatchedObject } from "./outcome.ts";
import type { WatchObjects } from "./parking.ts";

/** When, and what of: every kind but `backoff` lets the next failure count as the first. */
export type NextRun =
  /** The object is not there. */
  | { readonly kind: "gone" }
  /** As soon as a worker is free. */
  | { readonly kind: "now" }
  /** When somebody changes the object: it is suspended, stalled or released. */
  | { readonly kind: "rest" }
  | { readonly kind: "after"; readonly delayMs: number }
  /** After a delay that grows with each failure. */
  | { readonly kind: "backoff" }
  /** When what `until` names has come. */
  | { readonly kind: "park"; readonly until: Until; readonly watch?: WatchObjects };

/** Without a spec that can be read there is no interval to go by. */
const UNKNOWN_INTERVAL_MS = 60_000;
/** Unlike Flux: nobody keeps a worker busy by an interval of a nanosecond or a spread of 100 %. */
const LEAST_INTERVAL_MS = 1_000;

/** What follows a run that came to `outcome` and, having ended well, left `Ready` as `isReady` says. */
export function nextRun<T extends ReconciledObject, Status>(
  kind: Pick<KindController<T, Status>, "watch" | "intervalMs" | "jitterPercent">,
  object: T | undefined,
  outcome: Outcome<Status>,
  { isReady, random }: { isReady: boolean; random: Random },
): NextRun {
  const { afterMs, until } = outcome;
  switch (outcome.kind) {
    case "stalled":
      return until === undefined ? { kind: "rest" } : park(kind, object, until);
    case "wait":
      // A wait for nothing would never end, or end at once for ever.
      return until === undefined ? { kind: "backoff" } : park(kind, object, until);
    case "retry":
      return afterMs === undefined ? { kind: "backoff" } : { kind: "after", delayMs: afterMs };
    case "ready":
      if (!isReady) return { kind: "backoff" };
      return { kind: "after", delayMs: afterMs ?? spreadInterval(kind, object, random) };
  }
}

function park<T extends ReconciledObject, Status>(
  { watch }: Pick<KindController<T, Status>, "watch">,
  object: T | undefined,
  until: Until,
): NextRun {
  if (object === undefined || watch === undefined) return { kind: "park", until };
  const subscribe = (objects: readonly WatchedObject[], wake: () => void) =>
    watch(object, objects, wake);
  return { kind: "park", until, watch: subscribe };
}

/** The interval, spread so that objects made together do not run together for ever. */
function spreadInterval<T extends ReconciledObject, Status>(
  kind: Pick<KindController<T, Status>, "intervalMs" | "jitterPercent">,
  object: T | undefined,
  random: Random,
): number {
  const intervalMs = regularInterval(kind, object);
  const spread = kind.jitterPercent / 100;
  return Math.max(LEAST_INTERVAL_MS, intervalMs * (1 + spread * (2 * random() - 1)));
}

function regularInterval<T extends ReconciledObject, Status>(
  kind: Pick<KindController<T, Status>, "intervalMs">,
  object: T | undefined,
): number {
  if (object === undefined) return UNKNOWN_INTERVAL_MS;
  const parsed = parseDuration(object.spec.interval ?? "");
  const stated = kind.intervalMs?.(object) ?? (parsed.ok ? parsed.value : UNKNOWN_INTERVAL_MS);
  // As in Flux, an interval of nothing means: no regular run.
  return stated <= 0 ? Infinity : stated;
}
