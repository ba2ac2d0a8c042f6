/**
 * Waits for objects by asking for them; for the short waits inside one apply.
 *
 * @module
 */
import { type Clock, fail, ok, type Result, sleep } from "../../base/mod.ts";
import type { Cluster } from "../cluster.ts";
import { healthOf, judgeHealth, type ObjectHealth } from "../kstatus/mod.ts";
import { displayName, type ObjectRef } from "../object.ts";

const POLL_MS = 2_000;
const TIMEOUT_MS = 60_000;

/** What waiting needs. */
export interface WaitOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Between two rounds; 2 s when absent. */
  readonly pollMs?: number;
  /** In all; 60 s when absent. */
  readonly timeoutMs?: number;
}

/** Waits until all of `refs` are ready. */
export async function waitUntilReady(
  cluster: Cluster,
  refs: readonly ObjectRef[],
  options: WaitOptions,
): Promise<Result<void>> {
  const { clock, signal } = options;
  const deadline = clock.monotonicMs() + (options.timeoutMs ?? TIMEOUT_MS);
  let pending = refs;
  while (true) {
    const health: ObjectHealth[] = [];
    for (const ref of pending) {
      const live = await cluster.get(ref);
      if (!live.ok && live.code !== "NotFound") return live;
      health.push(healthOf(ref, live.ok ? live.value : undefined, { clock }));
    }
    const verdict = judgeHealth(health);
    if (verdict.kind === "healthy") return ok(undefined);
    if (verdict.kind === "failed") return fail("Failed", verdict.message);
    if (clock.monotonicMs() >= deadline) return fail("Timeout", verdict.message);
    pending = verdict.pending;
    await sleep(clock, options.pollMs ?? POLL_MS, signal);
    if (signal.aborted) return fail("Canceled", "Waiting was called off");
  }
}

/** Waits until the object of this uid is gone; another one in its place counts as gone. */
export async function waitUntilGone(
  cluster: Cluster,
  ref: ObjectRef,
  uid: string | undefined,
  options: WaitOptions,
): Promise<Result<void>> {
  const { clock, signal } = options;
  const deadline = clock.monotonicMs() + (options.timeoutMs ?? TIMEOUT_MS);
  while (true) {
    const live = await cluster.get(ref, { metadataOnly: true });
    if (!live.ok) return live.code === "NotFound" ? ok(undefined) : live;
    if (uid !== undefined && live.value.metadata.uid !== uid) return ok(undefined);
    if (clock.monotonicMs() >= deadline) {
      return fail("Timeout", `timeout waiting for ${displayName(ref)} to be deleted`);
    }
    await sleep(clock, options.pollMs ?? POLL_MS, signal);
    if (signal.aborted) return fail("Canceled", "Waiting was called off");
  }
}
