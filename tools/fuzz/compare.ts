/**
 * Builds the same files with the real kustomize and with ours.
 *
 * @module
 */
import { defaultBudget, messageOf, treeOf } from "../../lib/base/mod.ts";
import { buildKustomization, KUSTOMIZE_VERSION } from "../../lib/kustomize/mod.ts";
import { capture } from "../process.ts";
import { TOP } from "./kustomizations.ts";
import type { Files } from "./render.ts";

/** What a build came to. */
export type Outcome =
  | { readonly kind: "built"; readonly text: string }
  | { readonly kind: "refused"; readonly text: string }
  | { readonly kind: "crashed"; readonly text: string };

/** Two tools that do not agree. */
export interface Difference {
  /** What the real one does. */
  readonly theirs: Outcome;
  /** What ours does. */
  readonly ours: Outcome;
}

/** Where differences are looked for. */
export interface Peer {
  /** The program. */
  readonly program: string;
  /** A folder of our own. */
  readonly scratch: string;
}

/** What ours does. */
export function buildOurs(files: Files, target = TOP): Outcome {
  try {
    const built = buildKustomization(treeOf(files), target, {
      budget: { ...defaultBudget(AbortSignal.timeout(10_000)), bytes: 64 << 20 },
      reorder: "unspecified",
    });
    return built.ok
      ? { kind: "built", text: built.value.toYaml() }
      : { kind: "refused", text: `${built.code}: ${built.message}` };
  } catch (thrown) {
    return {
      kind: "crashed",
      text: thrown instanceof Error ? thrown.stack ?? "" : messageOf(thrown),
    };
  }
}

/** An input that keeps the peer busy for longer is refused, as far as we are concerned. */
const PATIENCE_MS = 10_000;

let folders = 0;

/** What the real one does. */
export async function buildTheirs(files: Files, peer: Peer, target = TOP): Promise<Outcome> {
  const folder = `${peer.scratch}/${folders++}`;
  await Deno.mkdir(folder);
  try {
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(`${folder}/${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
      await Deno.writeTextFile(`${folder}/${path}`, text);
    }
    const run = await capture([peer.program, "build", target], {
      cwd: folder,
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (!run.ok) return { kind: "crashed", text: run.message };
    const { code, stdout, stderr } = run.value;
    // A panic counts as a refusal: nobody can be compatible with it.
    return code === 0 ? { kind: "built", text: stdout } : { kind: "refused", text: stderr.trim() };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** How the two differ; words of refusals do not count. */
export function differ(theirs: Outcome, ours: Outcome): Difference | undefined {
  if (theirs.kind !== ours.kind) return { theirs, ours };
  const same = theirs.kind !== "built" || theirs.text === ours.text;
  return same ? undefined : { theirs, ours };
}

/** In short, which way two builds differ; shrinking keeps it. */
export function wayOf({ theirs, ours }: Difference): string {
  return `${theirs.kind}/${ours.kind}`;
}

/** Which release is matched. */
export const PEER_VERSION = KUSTOMIZE_VERSION;
