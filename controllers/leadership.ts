/**
 * A component that works only while this process holds its Lease (design D16).
 *
 * @module
 */
import { fail, type Failure, type Result, sha256Hex } from "../lib/base/mod.ts";
import {
  type Component,
  type ComponentDeps,
  type Leadership,
  openLeadership,
} from "../lib/runtime/mod.ts";

/** Starts a component. */
export type Start = (deps: ComponentDeps) => Promise<Result<Component>> | Result<Component>;

/** A component as the process knows it. */
export interface ComponentEntry {
  /** Starts it. */
  readonly start: Start;
  /** Flux's name of it: `source-controller`. */
  readonly controller: string;
  /** Others are sent to it by a Service, so one that only stands by is not ready. */
  readonly serves?: boolean;
}

/**
 * Stands for election with the Lease that Flux's component uses. With the Lease the component is started,
 * at its loss it is stopped before its next write, and the process stands again.
 */
export function startElected(
  name: string,
  { start, controller, serves = false }: ComponentEntry,
  deps: ComponentDeps,
): Component {
  const { cluster, clock, random, log, metrics, flags, runtimeNamespace } = deps;
  let current: Component | undefined;
  let trouble = serves ? "waits for its lease" : undefined;

  async function lead(signal: AbortSignal): Promise<void> {
    const mayWrite = () => leadership.holds();
    const guarded = cluster.guardedBy(() => mayWrite() ? undefined : notLeader(controller));
    const started = await start({ ...deps, mayWrite, cluster: guarded });
    if (!started.ok) {
      trouble = started.message;
      log.error("component not started", { component: name, error: started.message });
      return;
    }
    current = started.value;
    await aborted(signal);
    current = undefined;
    trouble = serves ? "waits for its lease" : undefined;
    await started.value[Symbol.asyncDispose]();
  }

  const leadership: Leadership = openLeadership({
    cluster,
    clock,
    random,
    log,
    metrics,
    namespace: runtimeNamespace,
    name: leaseName(controller, deps.labelSelector),
    identity: `sluice_${Deno.hostname()}_${crypto.randomUUID()}`,
    times: {
      leaseMs: flags["leader-election-lease-duration"],
      renewMs: flags["leader-election-renew-deadline"],
      retryMs: flags["leader-election-retry-period"],
    },
    lead,
  });
  return {
    name,
    ready: () => current === undefined ? trouble : current.ready(),
    [Symbol.asyncDispose]: () => leadership[Symbol.asyncDispose](),
  };
}

/** Flux's name; instances that see other objects do not compete (contract/common.md §13). */
export function leaseName(controller: string, labelSelector: string | undefined): string {
  const name = `${controller}-leader-election`;
  return labelSelector === undefined ? name : `${name}-${sha256Hex(labelSelector).slice(0, 8)}`;
}

function notLeader(controller: string): Failure {
  return fail("NotLeader", `This process does not hold the lease of ${controller} any more`);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
