/**
 * A kustomization and its file, which every reason of a refusal is to name.
 *
 * @module
 */
import { getKey, type MapNode, textOf } from "../yaml/mod.ts";
import type { Kustomization } from "./kustomization.ts";
import type { Folder } from "./loader.ts";
import { Refusal } from "./refusal.ts";
import type { Origin } from "./resource.ts";

/** A kustomization on its way through a build. */
export interface Target {
  /** Where it lies. */
  readonly folder: Folder;
  /** Its file, as people are shown it. */
  readonly file: string;
  /** Name of the file without its folder. */
  readonly fileName: string;
  /** What it says. */
  readonly kustomization: Kustomization;
  /** The way to it, for origin annotations. */
  readonly origin: Origin;
  /** The file as it was read, for lines in messages. */
  readonly node: MapNode | undefined;
}

/** Puts the kustomization file, and the line of `entry`, in front of a reason that does not name a file itself. */
export function inFile<T>(target: Target, step: () => T, entry?: string): T {
  try {
    return step();
  } catch (thrown) {
    if (!(thrown instanceof Refusal) || thrown.isPlaced) throw thrown;
    const line = entry === undefined ? undefined : lineOfEntry(target, entry);
    throw new Refusal(thrown.message, { path: target.file, line }, thrown.code);
  }
}

const LISTS = ["resources", "bases", "components", "generators", "transformers", "validators"];

/** The line where a list of files and folders has `entry`. */
function lineOfEntry({ node }: Target, entry: string): number | undefined {
  for (const list of LISTS) {
    const entries = getKey(node, list);
    if (entries?.kind !== "seq") continue;
    const found = entries.items.find((item) => textOf(item) === entry);
    if (found?.at !== undefined) return found.at.line;
  }
  return undefined;
}
