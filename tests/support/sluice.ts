/**
 * The command line, in the process of the test.
 *
 * @module
 */
import { main } from "../../cli/main.ts";
import { resolveCallerPath } from "../../lib/base/mod.ts";
import type { TestCluster } from "./control_plane.ts";

/** What a command left. */
export interface Printed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command of `sluice` on a cluster, in a namespace. */
export async function runSluice(
  { kubeconfigPath }: Pick<TestCluster, "kubeconfigPath">,
  namespace: string,
  ...words: readonly string[]
): Promise<Printed> {
  const printed = { out: "", err: "" };
  const kubeconfig = resolveCallerPath(kubeconfigPath);
  const code = await main([...words, "-n", namespace, "--kubeconfig", kubeconfig], {
    out: (text) => printed.out += text,
    err: (text) => printed.err += text,
  });
  return { code, ...printed };
}
