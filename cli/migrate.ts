/**
 * `sluice migrate`: stores every object of ours in the present version, so that an old one can go (design D14).
 *
 * @module
 */
import { Command } from "commander";
import { fieldOf, ok, type Result } from "../lib/base/mod.ts";
import { type Cluster, type KubeObject, refOf } from "../lib/kube/mod.ts";
import {
  type ClusterFlags,
  CONTEXT,
  FIELD_MANAGER,
  KUBECONFIG,
  openCallerCluster,
} from "./open_cluster.ts";
import { exitCodeOf, type Terminal } from "./terminal.ts";

const DEFINITIONS = {
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
} as const;
const OURS = ".toolkit.fluxcd.io";
/** Others may write an object at the same time. */
const MOST_TRIES = 5;

/** The command; `finish` learns its exit code. */
export function migrateCommand(terminal: Terminal, finish: (code: number) => void): Command {
  return new Command("migrate")
    .description("store all objects in the present version of their kind")
    .addOption(KUBECONFIG)
    .addOption(CONTEXT)
    .addHelpText(
      "after",
      "\nExamples:\n  deno task sluice migrate      before an install that drops a version",
    )
    .action(async (flags: ClusterFlags) => {
      finish(exitCodeOf(await migrate(flags, terminal), terminal));
    });
}

async function migrate(flags: ClusterFlags, terminal: Terminal): Promise<Result<void>> {
  const opened = await openCallerCluster(flags);
  if (!opened.ok) return opened;
  await using cluster = opened.value;
  const definitions = await cluster.list(DEFINITIONS);
  if (!definitions.ok) return definitions;
  for (const definition of definitions.value.items) {
    const { name } = definition.metadata;
    const stored = fieldOf(definition, "status", "storedVersions");
    if (!name.endsWith(OURS) || !Array.isArray(stored) || stored.length < 2) continue;
    const migrated = await migrateKind(cluster, definition);
    if (!migrated.ok) return migrated;
    const { version, count } = migrated.value;
    terminal.out(`${name}: ${count} objects stored as ${version}\n`);
  }
  return ok(undefined);
}

async function migrateKind(
  cluster: Cluster,
  definition: KubeObject,
): Promise<Result<{ version: string; count: number }>> {
  const versions = fieldOf(definition, "spec", "versions");
  const storage: unknown = Array.isArray(versions)
    ? versions.find((version) => fieldOf(version, "storage") === true)
    : undefined;
  const version = String(fieldOf(storage, "name"));
  const group = String(fieldOf(definition, "spec", "group"));
  const kind = String(fieldOf(definition, "spec", "names", "kind"));
  const objects = await cluster.list({ group, version, kind });
  if (!objects.ok) return objects;
  for (const object of objects.value.items) {
    const rewritten = await rewrite(cluster, object);
    if (!rewritten.ok) return rewritten;
  }
  // Only now no object is left in another version.
  const patched = await cluster.patch(
    refOf(definition),
    { status: { storedVersions: [version] } },
    {
      type: "merge",
      fieldManager: FIELD_MANAGER,
      subresource: "status",
    },
  );
  return patched.ok ? ok({ version, count: objects.value.items.length }) : patched;
}

/** Written back as it is, an object is stored in the version that the server stores now. */
async function rewrite(cluster: Cluster, first: KubeObject): Promise<Result<void>> {
  let object = first;
  for (let attempt = 1;; attempt++) {
    const written = await cluster.update(object, { fieldManager: FIELD_MANAGER });
    if (written.ok || written.code === "NotFound") return ok(undefined);
    if (written.code !== "Conflict" || attempt === MOST_TRIES) return written;
    const again = await cluster.get(refOf(object));
    if (!again.ok) return again.code === "NotFound" ? ok(undefined) : again;
    object = again.value;
  }
}
