/**
 * The cluster that a command works on.
 *
 * @module
 */
import { Option } from "commander";
import { fail, messageOf, resolveCallerPath, type Result, systemClock } from "../lib/base/mod.ts";
import { type Cluster, openCluster } from "../lib/kube/mod.ts";

/** Options that every command with a cluster takes. */
export interface ClusterFlags {
  /** File; else `KUBECONFIG`, else `~/.kube/config`. */
  readonly kubeconfig?: string;
  /** Context of the file; else its current one. */
  readonly context?: string;
}

/** Who writes, in the words of the API server. */
export const FIELD_MANAGER = "sluice";
/** Which file. */
export const KUBECONFIG = new Option(
  "--kubeconfig <file>",
  "cluster (default: KUBECONFIG, ~/.kube/config)",
);
/** Which of its contexts. */
export const CONTEXT = new Option("--context <name>", "context of the kubeconfig");

/** Opens it. */
export async function openCallerCluster(flags: ClusterFlags): Promise<Result<Cluster>> {
  const path = flags.kubeconfig === undefined
    ? Deno.env.get("KUBECONFIG") || `${Deno.env.get("HOME") ?? ""}/.kube/config`
    : resolveCallerPath(flags.kubeconfig);
  let kubeconfig: string;
  try {
    kubeconfig = await Deno.readTextFile(path);
  } catch (thrown) {
    return fail("NoKubeconfig", `Cannot read the kubeconfig ${path}: ${messageOf(thrown)}`, thrown);
  }
  return await openCluster({
    kubeconfig,
    clock: systemClock,
    readFile: (file) => Deno.readTextFile(file),
    ...(flags.context !== undefined && { context: flags.context }),
  });
}
