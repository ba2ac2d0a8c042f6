/**
 * `sluice install`: brings Sluice to a cluster, or takes over from Flux (design D19).
 *
 * @module
 */
import { Command, Option } from "commander";
import { fail, ok, type Result, sleep, systemClock } from "../lib/base/mod.ts";
import { type Cluster, displayName, type KubeObject, refOf } from "../lib/kube/mod.ts";
import { applyStaged, formatChanges } from "../lib/kube/ssa/mod.ts";
import { healthOf, judgeHealth } from "../lib/kube/kstatus/mod.ts";
import { emitDocuments, fromPlain } from "../lib/yaml/mod.ts";
import {
  buildInstallation,
  findForeignDeployments,
  findLostVersions,
  listNames,
  type Overlay,
  OVERLAYS,
  removeAndWait,
} from "./installation.ts";
import {
  type ClusterFlags,
  CONTEXT,
  FIELD_MANAGER,
  KUBECONFIG,
  openCallerCluster,
} from "./open_cluster.ts";
import { exitCodeOf, type Terminal } from "./terminal.ts";

const POLL_MS = 250;

interface InstallFlags extends ClusterFlags {
  readonly overlay: Overlay;
  readonly export?: boolean;
  readonly takeover?: boolean;
  readonly wait: boolean;
  readonly timeout: string;
}

/** The command; `finish` learns its exit code. */
export function installCommand(terminal: Terminal, finish: (code: number) => void): Command {
  return new Command("install")
    .description("install Sluice on a cluster")
    .addOption(
      new Option("--overlay <name>", "what to install").choices(OVERLAYS).default("all-in-one"),
    )
    .option("--export", "print the objects instead of applying them")
    .option("--takeover", "stop Flux's controllers of the same kinds and go on with their objects")
    .option("--no-wait", "do not wait until the controllers are ready")
    .option("--timeout <seconds>", "how long to wait", "120")
    .addOption(KUBECONFIG)
    .addOption(CONTEXT)
    .addHelpText("after", EXAMPLES)
    .action(async (flags: InstallFlags) => {
      finish(exitCodeOf(await install(flags, terminal), terminal));
    });
}

const EXAMPLES = `
Examples:
  deno task sluice install                              one pod with everything
  deno task sluice install --overlay lockdown           for clusters with tenants
  deno task sluice install --takeover                   in the place of Flux, no object changes
  deno task sluice install --export > sluice.yaml       to put into git`;

async function install(flags: InstallFlags, terminal: Terminal): Promise<Result<void>> {
  const objects = buildInstallation(flags.overlay);
  if (!objects.ok) return objects;
  if (flags.export) {
    terminal.out(emitDocuments(objects.value.map((object) => fromPlain(object))));
    return ok(undefined);
  }
  const opened = await openCallerCluster(flags);
  if (!opened.ok) return opened;
  await using cluster = opened.value;

  const lost = await findLostVersions(cluster, objects.value);
  if (!lost.ok) return lost;
  if (lost.value.length > 0) {
    return fail(
      "StoredVersions",
      `the cluster still stores objects as ${
        lost.value.join(", ")
      }, which this version does not know: ` +
        "run sluice migrate first",
    );
  }
  const cleared = await makeRoom(cluster, flags, terminal);
  if (!cleared.ok) return cleared;

  const report = await applyStaged(cluster, objects.value, {
    fieldManager: FIELD_MANAGER,
    force: true,
    clock: systemClock,
    signal: new AbortController().signal,
  });
  const log = formatChanges(report.changes, ["created", "configured"]);
  terminal.out(log === "" ? "nothing changed\n" : `${log}\n`);
  if (report.failure) return report.failure;
  return flags.wait
    ? await waitForControllers(cluster, objects.value, flags, terminal)
    : ok(undefined);
}

/** Two controllers of the same kinds would undo each other's work: one of them has to go first. */
async function makeRoom(
  cluster: Cluster,
  { takeover }: InstallFlags,
  terminal: Terminal,
): Promise<Result<void>> {
  const foreign = await findForeignDeployments(cluster);
  if (!foreign.ok) return foreign;
  if (foreign.value.length === 0) return ok(undefined);
  if (!takeover) {
    return fail(
      "AlreadyThere",
      `${listNames(foreign.value)} do this work already: --takeover stops them first; their ` +
        "GitRepositories, Kustomizations and all they applied stay as they are",
    );
  }
  for (const deployment of foreign.value) {
    const gone = await removeAndWait(cluster, refOf(deployment), deployment.metadata.uid);
    if (!gone.ok) return gone;
    terminal.out(`${displayName(refOf(deployment))} stopped\n`);
  }
  return ok(undefined);
}

async function waitForControllers(
  cluster: Cluster,
  objects: readonly KubeObject[],
  { timeout }: InstallFlags,
  terminal: Terminal,
): Promise<Result<void>> {
  const seconds = Number(timeout);
  if (!(seconds > 0)) return fail("InvalidFlag", `--timeout is "${timeout}"; write seconds`);
  const deployments = objects.filter(({ kind }) => kind === "Deployment").map(refOf);
  const deadline = systemClock.monotonicMs() + seconds * 1_000;
  while (true) {
    const health = await Promise.all(deployments.map(async (ref) => {
      const live = await cluster.get(ref);
      return healthOf(ref, live.ok ? live.value : undefined);
    }));
    const verdict = judgeHealth(health);
    if (verdict.kind === "healthy") {
      terminal.out(`${deployments.map(displayName).join(", ")} ready\n`);
      return ok(undefined);
    }
    if (systemClock.monotonicMs() > deadline) return fail("Timeout", verdict.message);
    await sleep(systemClock, POLL_MS);
  }
}
