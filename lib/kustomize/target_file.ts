/**
 * A kustomization and its file, which every reason of a refusal is to name.
 *
 * @module
 */
import type { MapNode } from "../yaml/mod.ts";
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

/** Puts the kustomization file in front of a reason that does not name a file itself. */
export function inFile<T>(target: Target, step: () => T): T {
  try {
    return step();
  } catch (thrown) {
    if (!(thrown instanceof Refusal) || thrown.isPlaced) throw thrown;
    throw new Refusal(thrown.message, { path: target.file }, thrown.code);
  }
}
