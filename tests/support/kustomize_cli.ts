/**
 * The real kustomize, to compare with.
 *
 * @module
 */
import type { Result } from "../../lib/base/mod.ts";
import { buildTool } from "../../tools/controlplane/build.ts";
import { captureText } from "../../tools/process.ts";

/** What `kustomize build` prints for `folder`. */
export async function kustomizeBuild(
  folder: string,
  flags: readonly string[] = [],
): Promise<Result<string>> {
  const kustomize = await buildTool("kustomize");
  if (!kustomize.ok) return kustomize;
  return await captureText([kustomize.value, "build", ...flags, folder]);
}
