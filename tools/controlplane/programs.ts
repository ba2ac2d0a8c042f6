/**
 * The programs of a control plane: those in `KUBEBUILDER_ASSETS` first, our own build for the rest.
 *
 * @module
 */
import { fail, ok, type Result } from "../../lib/base/mod.ts";
import { captureText } from "../process.ts";
import type { Progress } from "../terminal.ts";
import { buildTool } from "./build.ts";
import { exists } from "./cache_folder.ts";

/** What a control plane is made of. */
export const PARTS = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubectl",
] as const;

/** One of {@linkcode PARTS}. */
export type Part = typeof PARTS[number];

/** How to start each part, and kwok. */
export type Programs = Readonly<Record<Part | "kwok", readonly string[]>>;

/** Older ones lose acknowledged writes or break watches of newer API servers. */
const OLDEST_ETCD = [3, 5, 13];

/** Finds all programs; builds what is missing. */
export async function findPrograms(progress: Progress): Promise<Result<Programs>> {
  const assets = await readAssets(Deno.env.get("KUBEBUILDER_ASSETS"));
  if (!assets.ok) return assets;
  const kwok = await buildTool("kwok", progress);
  if (!kwok.ok) return kwok;
  const found = assets.value;
  // envtest ships no controller-manager and no scheduler, and half a cluster tests nothing.
  const complete = PARTS.every((part) => found[part] !== undefined);
  const built = complete ? ok("") : await buildTool("controlplane", progress);
  if (!built.ok) return built;
  const command = (part: Part) => found[part] ?? [built.value, part];
  return ok({
    etcd: command("etcd"),
    "kube-apiserver": command("kube-apiserver"),
    "kube-controller-manager": command("kube-controller-manager"),
    "kube-scheduler": command("kube-scheduler"),
    kubectl: command("kubectl"),
    kwok: [kwok.value],
  });
}

type Assets = Partial<Record<Part, readonly string[]>>;

async function readAssets(folder: string | undefined): Promise<Result<Assets>> {
  const found: Assets = {};
  if (folder === undefined || folder === "") return ok(found);
  for (const part of PARTS) {
    if (await exists(`${folder}/${part}`)) found[part] = [`${folder}/${part}`];
  }
  if (found.etcd === undefined || found["kube-apiserver"] === undefined) {
    return fail(
      "BadAssets",
      `KUBEBUILDER_ASSETS is ${folder}, but that folder has no etcd or no kube-apiserver: ` +
        `correct it, or unset it to use our own build`,
    );
  }
  const version = await captureText([...found.etcd, "--version"]);
  if (!version.ok) return version;
  const refused = refuseEtcd(version.value, found.etcd[0] ?? "");
  return refused === undefined ? ok(found) : fail("OldEtcd", refused);
}

/** Why the etcd that printed `version` must not be used, or nothing. */
export function refuseEtcd(version: string, path: string): string | undefined {
  const digits = /etcd Version: (\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
  if (digits === undefined) return `${path} does not say which etcd it is`;
  const at = OLDEST_ETCD.findIndex((least, index) => digits[index] !== least);
  if (at < 0 || (digits[at] ?? 0) > (OLDEST_ETCD[at] ?? 0)) return undefined;
  return `etcd ${digits.join(".")} in KUBEBUILDER_ASSETS is too old: ${OLDEST_ETCD.join(".")} ` +
    `or later is needed. Replace ${path}, or unset KUBEBUILDER_ASSETS to use our own build`;
}
