/**
 * Puts our CustomResourceDefinitions into a cluster.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import type { Result } from "../../lib/base/mod.ts";

/** Runs kubectl as somebody who may do this. */
export type RunKubectl = (args: readonly string[]) => Promise<Result<string>>;

/** Applies the definitions and waits until they are served. */
export async function installCustomResources(kubectl: RunKubectl): Promise<Result<string>> {
  const folder = fileURLToPath(new URL("../../crds/yaml", import.meta.url));
  const applied = await kubectl([
    "apply",
    "--server-side",
    "--force-conflicts",
    `--filename=${folder}`,
  ]);
  if (!applied.ok) return applied;
  return await kubectl([
    "wait",
    "--for=condition=Established",
    "--timeout=60s",
    `--filename=${folder}`,
  ]);
}
