/**
 * One run of the apply benchmark: a Kustomization with many objects, and `kubectl apply --server-side` of the same ones,
 * over the same way to the API server.
 *
 * @module
 */
import type { ControlPlane } from "../../tools/controlplane/start.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { manifests, namespaceObject, singleOf } from "./apply_rollout.ts";
import { type Cost, timeCommand } from "./cost.ts";
import { type RunCost, runFleet } from "./reconcile_run.ts";

/** What kubectl does as well, in order; the second `apply` changes every object, the third none. */
export const SHARED_PHASES = ["install", "upgrade", "no-op"] as const;

/** What one run cost. */
export interface ApplyCost {
  readonly ours: RunCost;
  readonly kubectl: Readonly<Record<typeof SHARED_PHASES[number], Cost>>;
}

/** How a run is made. */
export interface ApplyRunOptions {
  readonly controlPlane: ControlPlane;
  /** Objects. */
  readonly count: number;
  /** How much farther away the API server is, for both. */
  readonly delayMs: number;
  /** Gives the run namespaces of its own. */
  readonly name: string;
  /** Further flags of the controllers. */
  readonly flags: readonly string[];
}

/** Makes a run; all but empty namespaces is gone afterwards. */
export async function runApply(options: ApplyRunOptions): Promise<ApplyCost> {
  const { server, adminKubeconfig } = options.controlPlane;
  const { hostname, port } = new URL(server);
  await using proxy = new TcpProxy({ hostname, port: Number(port) }, options);
  const folder = await Deno.makeTempDir({ prefix: "sluice-bench-" });
  try {
    const kubeconfigPath = `${folder}/kubeconfig.yaml`;
    const farther = adminKubeconfig.replace(server, `https://127.0.0.1:${proxy.port}`);
    await Deno.writeTextFile(kubeconfigPath, farther);
    const rollout = singleOf(options.count);
    const ours = await runFleet({ ...options, rollout, kubeconfigPath });
    return { ours, kubectl: await runKubectl(options, folder, kubeconfigPath) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function runKubectl(
  options: ApplyRunOptions,
  folder: string,
  kubeconfigPath: string,
): Promise<ApplyCost["kubectl"]> {
  const { controlPlane: { binFolder, kubectl }, count, name } = options;
  const namespace = `${name}-kubectl`;
  const made = await kubectl(["apply", "-f", "-"], JSON.stringify(namespaceObject(namespace)));
  if (!made.ok) throw new Error(made.message);
  const files = [`${folder}/1.yaml`, `${folder}/2.yaml`] as const;
  for (const [index, file] of files.entries()) {
    await Deno.writeTextFile(file, manifests(count, index + 1));
  }
  const flags = [`--kubeconfig=${kubeconfigPath}`, `--namespace=${namespace}`];
  function apply(file: string): Promise<Cost> {
    const command = [`${binFolder}/kubectl`, ...flags, "apply", "--server-side", `-f=${file}`];
    return timeCommand(command, "/dev/null");
  }
  const [first, second] = files;
  const costs = {
    install: await apply(first),
    upgrade: await apply(second),
    "no-op": await apply(second),
  };
  const removed = await kubectl([
    "delete",
    `--namespace=${namespace}`,
    "--wait=false",
    `-f=${second}`,
  ]);
  if (!removed.ok) throw new Error(removed.message);
  return costs;
}
