/**
 * `sluice drift`: shows what others changed of what Kustomizations applied, and changes nothing.
 *
 * @module
 */
import { Command } from "commander";
import { Kustomization } from "../crds/mod.ts";
import { fail, mapParallel, ok, type Result } from "../lib/base/mod.ts";
import { type Cluster, displayName, type KubeObject, refOf } from "../lib/kube/mod.ts";
import { readIgnoreRules } from "../lib/kube/ssa/mod.ts";
import { type AppliedBuild, type BuildAccess, buildApplied } from "./applied_build.ts";
import { compareObject, type ObjectDrift } from "./compare_object.ts";
import { formatDrift } from "./drift_report.ts";
import { type ClusterFlags, CONTEXT, KUBECONFIG, openCallerCluster } from "./open_cluster.ts";
import { printError, type Terminal } from "./terminal.ts";

/** Objects that are asked for at the same time. */
const CONCURRENCY = 8;
/** As `diff` ends. */
const EXIT = { same: 0, different: 1, failed: 2 } as const;

interface DriftFlags extends ClusterFlags, BuildAccess {
  readonly namespace: string;
}

/** What a Kustomization was found to be like. */
export interface DriftFound {
  readonly revision: string;
  /** Set where another revision is applied: what is new in git is not told from what others took away. */
  readonly applied?: string;
  readonly objects: number;
  readonly drifted: readonly ObjectDrift[];
  /** Of objects that could not be compared. */
  readonly failures: readonly string[];
}

/** The command; `finish` learns its exit code. */
export function driftCommand(terminal: Terminal, finish: (code: number) => void): Command {
  return new Command("drift")
    .description("show what others changed of what a Kustomization applied")
    .argument("[name]", "name of the Kustomization; all of the namespace without")
    .option("-n, --namespace <name>", "its namespace", "flux-system")
    .option("--artifacts <url>", "where artifacts are, if not where their sources say")
    .addOption(KUBECONFIG)
    .addOption(CONTEXT)
    .addHelpText("after", HELP)
    .action(async (name: string | undefined, flags: DriftFlags) => {
      finish(await showDrift(name, flags, terminal));
    });
}

const HELP = `
The objects are built anew from the artifact, and held against the cluster by a
dry-run under your own name. You need what the build reads (sources, and what
substituteFrom and decryption name), and the right to patch the objects.
Values of Secrets are not shown.

Exit code: 0 nothing differs, 1 something does, 2 something could not be looked at

Examples:
  deno task sluice drift                     all Kustomizations of flux-system
  deno task sluice drift apps                one of them
  deno task sluice drift shop -n team-a
  deno task sluice drift apps --artifacts http://127.0.0.1:9090
      from outside the cluster, after
      kubectl -n flux-system port-forward svc/source-controller 9090:80
  deno task sluice reconcile kustomization apps --correct    take it back`;

async function showDrift(
  name: string | undefined,
  flags: DriftFlags,
  terminal: Terminal,
): Promise<number> {
  const opened = await openCallerCluster(flags);
  if (!opened.ok) return refuse(opened.message, terminal);
  await using cluster = opened.value;
  const found = await readKustomizations(cluster, flags.namespace, name);
  if (!found.ok) return refuse(found.message, terminal);
  let worst: number = EXIT.same;
  for (const object of found.value) {
    const drift = await findDrift(cluster, object, flags);
    const title = displayName(refOf(object));
    worst = Math.max(
      worst,
      drift.ok
        ? report(title, drift.value, terminal)
        : refuse(`${title}: ${drift.message}`, terminal),
    );
  }
  return worst;
}

function refuse(message: string, terminal: Terminal): number {
  printError(message, terminal);
  return EXIT.failed;
}

async function readKustomizations(
  cluster: Cluster,
  namespace: string,
  name: string | undefined,
): Promise<Result<readonly KubeObject[]>> {
  if (name !== undefined) {
    const ref = { apiVersion: Kustomization.apiVersion, kind: "Kustomization", namespace, name };
    const read = await cluster.get(ref);
    return read.ok ? ok([read.value]) : read;
  }
  const listed = await cluster.list(Kustomization.gvk, { namespace });
  if (!listed.ok) return listed;
  return listed.value.items.length > 0
    ? ok(listed.value.items)
    : fail("NotFound", `there is no Kustomization in the namespace ${namespace}`);
}

/** Builds what a Kustomization wants, and holds the cluster against it. */
export async function findDrift(
  cluster: Cluster,
  object: KubeObject,
  access: BuildAccess,
  build: typeof buildApplied = buildApplied,
): Promise<Result<DriftFound>> {
  const decoded = Kustomization.decode(object);
  if (!decoded.ok) return decoded;
  const { spec } = decoded.value;
  if (spec.kubeConfig !== undefined) {
    return fail("Unsupported", "it is applied to another cluster (spec.kubeConfig), not this one");
  }
  const built = await build(cluster, decoded.value, access);
  return built.ok ? await compareAll(cluster, decoded.value, built.value) : built;
}

async function compareAll(
  cluster: Cluster,
  { spec, status }: Kustomization,
  { revision, objects }: AppliedBuild,
): Promise<Result<DriftFound>> {
  const ignored = readIgnoreRules(spec.ignore ?? []);
  if (!ignored.ok) return ignored;
  const isApplied = status?.lastAppliedRevision === revision;
  const basis = {
    isApplied,
    recorded: new Set(status?.inventory?.entries.map(({ id }) => id)),
    ignored: ignored.value,
  };
  const compared = await mapParallel(
    objects,
    CONCURRENCY,
    (object) => compareObject(cluster, object, basis),
  );
  return ok({
    revision,
    ...(!isApplied && { applied: status?.lastAppliedRevision ?? "none" }),
    objects: objects.length,
    drifted: compared.flatMap((one) => one.ok && one.value !== undefined ? [one.value] : []),
    failures: compared.flatMap((one) => one.ok ? [] : [one.message]),
  });
}

/** Prints what was found; gives the exit code. */
export function report(title: string, found: DriftFound, terminal: Terminal): number {
  const { revision, applied, objects, drifted, failures } = found;
  terminal.out(`${title} at ${revision}: ${drifted.length} of ${objects} objects differ\n`);
  if (applied !== undefined) {
    terminal.err(
      `Note: ${revision} is not applied yet (${applied} is). What others took away cannot be told ` +
        "from what is new, and is not shown.\n",
    );
  }
  if (drifted.length > 0) terminal.out(`\n${formatDrift(drifted, terminal.columns)}`);
  for (const message of failures) printError(message, terminal);
  if (failures.length > 0) return EXIT.failed;
  return drifted.length > 0 ? EXIT.different : EXIT.same;
}
