/**
 * `sluice uninstall`: takes Sluice out of a cluster; what it applied always stays (design D19).
 *
 * @module
 */
import { Command } from "commander";
import { ALL_KINDS, definitionOf } from "../crds/mod.ts";
import { fail, ok, type Result } from "../lib/base/mod.ts";
import { type Cluster, displayName, type ObjectRef, refOf } from "../lib/kube/mod.ts";
import { FINALIZER } from "../lib/runtime/mod.ts";
import { installedRefs, NAMESPACE, removeAndWait } from "./installation.ts";
import {
  type ClusterFlags,
  CONTEXT,
  FIELD_MANAGER,
  KUBECONFIG,
  openCallerCluster,
} from "./open_cluster.ts";
import { exitCodeOf, type Terminal } from "./terminal.ts";

interface UninstallFlags extends ClusterFlags {
  readonly keepObjects?: boolean;
  readonly yes?: boolean;
}

/** The command; `finish` learns its exit code. */
export function uninstallCommand(terminal: Terminal, finish: (code: number) => void): Command {
  return new Command("uninstall")
    .description("take Sluice out of a cluster; what it applied stays")
    .option(
      "--keep-objects",
      "keep GitRepositories, Kustomizations and their definitions: for Flux",
    )
    .option("--yes", "do not ask")
    .addOption(KUBECONFIG)
    .addOption(CONTEXT)
    .addHelpText("after", EXAMPLES)
    .action(async (flags: UninstallFlags) => {
      finish(exitCodeOf(await uninstall(flags, terminal), terminal));
    });
}

const EXAMPLES = `
Examples:
  deno task sluice uninstall                       controllers, custom resources, definitions, namespace
  deno task sluice uninstall --keep-objects        controllers only; flux install goes on from there`;

async function uninstall(flags: UninstallFlags, terminal: Terminal): Promise<Result<void>> {
  const refs = installedRefs();
  if (!refs.ok) return refs;
  const opened = await openCallerCluster(flags);
  if (!opened.ok) return opened;
  await using cluster = opened.value;
  const what = flags.keepObjects
    ? "the controllers"
    : `the controllers, every ${ALL_KINDS.map(({ kind }) => kind).join(", ")}, their definitions`;
  if (!flags.yes && !confirm(`Remove ${what} from ${cluster.server}? What was applied stays.`)) {
    return fail("Declined", "nothing was removed");
  }

  // Controllers first: a Kustomization that goes while they run would take what it applied with it.
  const order = [...refs.value].sort((a, b) => rank(a) - rank(b));
  for (const ref of order) {
    const removed = await removeIfOurs(cluster, ref, terminal);
    if (!removed.ok) return removed;
  }
  if (flags.keepObjects) return ok(undefined);
  const cleared = await removeCustomResources(cluster, terminal);
  if (!cleared.ok) return cleared;
  for (const kind of ALL_KINDS) {
    const { apiVersion, kind: definition, metadata } = definitionOf(kind);
    const ref = { apiVersion, kind: definition, name: metadata.name };
    const removed = await remove(cluster, ref, terminal);
    if (!removed.ok) return removed;
  }
  return await remove(cluster, { apiVersion: "v1", kind: "Namespace", name: NAMESPACE }, terminal);
}

function rank({ kind }: ObjectRef): number {
  return kind === "Deployment" ? 0 : 1;
}

/** Objects of the same name that are not part of an installation are somebody else's. */
async function removeIfOurs(
  cluster: Cluster,
  ref: ObjectRef,
  terminal: Terminal,
): Promise<Result<void>> {
  const live = await cluster.get(ref, { metadataOnly: true });
  if (!live.ok) return live.code === "NotFound" || live.code === "NoMatch" ? ok(undefined) : live;
  if (live.value.metadata.labels?.["app.kubernetes.io/part-of"] !== "flux") return ok(undefined);
  if (ref.kind !== "Deployment") return await remove(cluster, ref, terminal);
  // A pod that still works would take up again what is released below, and prune for it.
  const gone = await removeAndWait(cluster, ref, live.value.metadata.uid);
  if (gone.ok) terminal.out(`${displayName(ref)} deleted\n`);
  return gone;
}

async function remove(cluster: Cluster, ref: ObjectRef, terminal: Terminal): Promise<Result<void>> {
  const removed = await cluster.remove(ref);
  if (removed.ok) terminal.out(`${displayName(ref)} deleted\n`);
  return removed.ok || removed.code === "NotFound" || removed.code === "NoMatch"
    ? ok(undefined)
    : removed;
}

/** Without our finalizer an object goes at once, and nobody prunes for it. */
async function removeCustomResources(cluster: Cluster, terminal: Terminal): Promise<Result<void>> {
  for (const kind of ALL_KINDS) {
    const listed = await cluster.list(kind.gvk);
    if (!listed.ok && listed.code !== "NoMatch") return listed;
    for (const object of listed.ok ? listed.value.items : []) {
      const finalizers = (object.metadata.finalizers ?? []).filter((name) => name !== FINALIZER);
      const released = await cluster.patch(refOf(object), { metadata: { finalizers } }, {
        type: "merge",
        fieldManager: FIELD_MANAGER,
      });
      if (!released.ok && released.code !== "NotFound") return released;
      const removed = await remove(cluster, refOf(object), terminal);
      if (!removed.ok) return removed;
    }
  }
  return ok(undefined);
}
