/**
 * A component starts only while no other controller works on its kinds (design D19).
 *
 * @module
 */
import { ok, type Result, sleep } from "../lib/base/mod.ts";
import { type Component, type ComponentDeps, findRival } from "../lib/runtime/mod.ts";
import { leaseName, type Start } from "./leadership.ts";

const LOOK_AGAIN_MS = 5_000;

/**
 * Starts the component at once when it is alone; else it stays unready, names the other one, and starts when
 * that is gone. Where Leases may not be listed nothing can be said, and it starts.
 */
export async function startAlone(
  name: string,
  { start, controller }: { start: Start; controller: string },
  deps: ComponentDeps,
): Promise<Result<Component>> {
  const stopped = new AbortController();
  let current: Component | undefined;
  let trouble = await rivalOf(controller, deps);
  if (trouble === undefined) return await start(deps);
  deps.log.error("another controller is at work", { component: name, error: trouble });

  async function waitForRoom(): Promise<void> {
    while (!stopped.signal.aborted) {
      await sleep(deps.clock, LOOK_AGAIN_MS, stopped.signal);
      if (stopped.signal.aborted) return;
      trouble = await rivalOf(controller, deps);
      if (trouble !== undefined) continue;
      const started = await start(deps);
      if (started.ok) {
        current = started.value;
        return;
      }
      trouble = started.message;
    }
  }
  const waiting = waitForRoom();
  return ok({
    name,
    ready: () => current?.ready() ?? (current === undefined ? trouble : undefined),
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await waiting;
      await current?.[Symbol.asyncDispose]();
    },
  });
}

async function rivalOf(controller: string, deps: ComponentDeps): Promise<string | undefined> {
  const rival = await findRival(deps.cluster, {
    controller,
    ownLease: leaseName(controller, deps.labelSelector),
    nowMs: deps.clock.now(),
  });
  if (!rival.ok) {
    deps.log.info("cannot look for other controllers", { controller, error: rival.message });
    return undefined;
  }
  if (rival.value === undefined) return undefined;
  const { namespace, lease, holder } = rival.value;
  return `${holder} works on the same objects (Lease ${namespace}/${lease}): stop it, or hand over with ` +
    "sluice install --takeover";
}
