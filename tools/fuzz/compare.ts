/**
 * Builds the same files with the real kustomize and with ours.
 *
 * @module
 */
import { defaultBudget, messageOf, treeOf } from "../../lib/base/mod.ts";
import { type BuildCache, buildKustomization, KUSTOMIZE_VERSION } from "../../lib/kustomize/mod.ts";
import { TOP } from "./kustomizations.ts";
import type { Files } from "./render.ts";

/** What a build came to. */
export type Outcome =
  | { readonly kind: "built"; readonly text: string }
  | { readonly kind: "refused"; readonly text: string }
  /** Ours threw, which is a bug. */
  | { readonly kind: "crashed"; readonly text: string }
  /** The real one panicked, overflowed its stack or hung: there is nothing to be compatible with. */
  | { readonly kind: "panicked"; readonly text: string };

/** Two tools that do not agree. */
export interface Difference {
  /** What the real one does. */
  readonly theirs: Outcome;
  /** What ours does. */
  readonly ours: Outcome;
}

/** How to build. */
export interface BuildHow {
  /** The folder to build. */
  readonly target?: string;
  /** Kept from earlier builds. */
  readonly cache?: BuildCache;
}

/** What ours does. */
export function buildOurs(files: Files, { target = TOP, cache }: BuildHow = {}): Outcome {
  try {
    const built = buildKustomization(treeOf(files), target, {
      budget: { ...defaultBudget(AbortSignal.timeout(10_000)), bytes: 64 << 20 },
      reorder: "unspecified",
      ...(cache && { cache }),
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

/** How the two differ; words of refusals do not count. */
export function differ(theirs: Outcome, ours: Outcome): Difference | undefined {
  // Where the real one dies, we owe an error or a result, not a crash.
  if (theirs.kind === "panicked" && ours.kind !== "crashed") return undefined;
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
