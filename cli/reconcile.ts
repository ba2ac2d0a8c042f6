/**
 * `sluice reconcile`: asks for a run now, and waits for its end.
 *
 * @module
 */
import { Command, Option } from "commander";
import {
  type Clock,
  fail,
  fieldOf,
  formatTime,
  ok,
  parseDuration,
  type Result,
  sleep,
  systemClock,
} from "../lib/base/mod.ts";
import type { Cluster, KubeObject, ObjectRef } from "../lib/kube/mod.ts";
import { readinessOf, REQUESTED_AT } from "../lib/runtime/mod.ts";
import {
  type ClusterFlags,
  CONTEXT,
  FIELD_MANAGER,
  KUBECONFIG,
  openCallerCluster,
} from "./open_cluster.ts";
import { exitCodeOf, type Terminal } from "./terminal.ts";

/** With the value of the request, it asks for foreign changes to be undone by that run. */
const CORRECT_AT = "sluice.dev/correct-at";
const POLL_MS = 500;

interface ReconcileFlags extends ClusterFlags {
  readonly namespace: string;
  readonly correct?: boolean;
  readonly timeout: string;
}

/** The command; `finish` learns its exit code. */
export function reconcileCommand(terminal: Terminal, finish: (code: number) => void): Command {
  const kustomization = new Command("kustomization").alias("ks")
    .description("apply a Kustomization now")
    .argument("<name>", "name of the Kustomization")
    .option("-n, --namespace <name>", "its namespace", "flux-system")
    .option("--correct", "undo, once, what others changed under sluice.dev/drift: Inform")
    .addOption(new Option("--timeout <duration>", "time to wait for the run").default("5m"))
    .addOption(KUBECONFIG)
    .addOption(CONTEXT)
    .addHelpText(
      "after",
      "\nExamples:\n" +
        "  deno task sluice reconcile kustomization apps\n" +
        "  deno task sluice reconcile kustomization apps --correct   take drift back",
    )
    .action(async (name: string, flags: ReconcileFlags) => {
      finish(exitCodeOf(await reconcile(name, flags, terminal), terminal));
    });
  return new Command("reconcile").description("ask for a run now and wait for its end")
    .addCommand(kustomization);
}

async function reconcile(
  name: string,
  flags: ReconcileFlags,
  terminal: Terminal,
): Promise<Result<void>> {
  const timeout = parseDuration(flags.timeout);
  if (!timeout.ok) return fail("Usage", `--timeout: ${timeout.message}`);
  const opened = await openCallerCluster(flags);
  if (!opened.ok) return opened;
  await using cluster = opened.value;
  const { namespace } = flags;
  const apiVersion = "kustomize.toolkit.fluxcd.io/v1";
  const ref = { apiVersion, kind: "Kustomization", namespace, name };
  const ran = await askForRun(cluster, ref, {
    clock: systemClock,
    timeoutMs: timeout.value,
    isCorrecting: flags.correct === true,
  });
  if (!ran.ok) return ran;
  terminal.out(`${ran.value}\n`);
  return ok(undefined);
}

/** Asks for a run and gives the message of `Ready` when it ended well. */
export async function askForRun(
  cluster: Cluster,
  ref: ObjectRef,
  { clock, timeoutMs, isCorrecting }: {
    readonly clock: Clock;
    readonly timeoutMs: number;
    readonly isCorrecting: boolean;
  },
): Promise<Result<string>> {
  const before = await cluster.get(ref);
  if (!before.ok) return before;
  if (fieldOf(before.value, "spec", "suspend") === true) {
    return fail("Suspended", `${ref.kind} ${ref.name} is suspended: resume it first`);
  }
  // The same moment twice would be no new request.
  const token = `${formatTime(clock.now())}#${crypto.randomUUID().slice(0, 8)}`;
  const annotations = { [REQUESTED_AT]: token, ...(isCorrecting && { [CORRECT_AT]: token }) };
  const patch = { metadata: { annotations } };
  const asked = await cluster.patch(ref, patch, { fieldManager: FIELD_MANAGER, type: "merge" });
  if (!asked.ok) return asked;

  const { signal } = new AbortController();
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  while (clock.monotonicMs() < deadlineMs) {
    const read = await cluster.get(ref);
    if (!read.ok) return read;
    const ended = endOf(read.value, token);
    if (ended !== undefined) return ended;
    await sleep(clock, POLL_MS, signal);
  }
  return fail("Timeout", `${ref.kind} ${ref.name} did not come to an end within the timeout`);
}

/** How the run that `token` asked for ended, if it did. */
function endOf(object: KubeObject, token: string): Result<string> | undefined {
  const { annotations } = object.metadata;
  const handled = fieldOf(object, "status", "lastHandledReconcileAt");
  // Somebody else asked again: their run is a run, too.
  if (handled !== token && handled !== annotations?.[REQUESTED_AT]) return undefined;
  const ready = readinessOf(object);
  if (ready?.status === "True") return ok(ready.message);
  return ready?.status === "False" ? fail("NotReady", ready.message) : undefined;
}
