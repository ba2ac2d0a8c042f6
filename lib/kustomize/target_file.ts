/**
 * A kustomization and its file, which every reason of a refusal is to name.
 *
 * @module
 */
import { getKey, type MapNode, textOf } from "../yaml/mod.ts";
import type { Kustomization } from "./kustomization.ts";
import type { Folder } from "./loader.ts";
import { type Place, reasonsOf, Refusal, showPlace, throwAll } from "./refusal.ts";
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

/** An entry of a field of the kustomization file, or the field itself. */
export interface EntryPlace {
  /** The field. */
  readonly field: string;
  /** Position in its list. */
  readonly index?: number;
}

/**
 * Names the entry in every reason for which `step` is refused: in front of one that names no place, behind one that
 * names another file than the kustomization's.
 */
export function inEntry<T>(target: Target, entry: EntryPlace, step: () => T): T {
  try {
    return step();
  } catch (thrown) {
    const reasons = reasonsOf(() => {
      throw thrown;
    });
    throwAll(reasons.map((reason) => nameEntry(target, entry, reason)));
    throw thrown;
  }
}

function nameEntry(target: Target, entry: EntryPlace, reason: Refusal): Refusal {
  const { message, code } = reason;
  const place = placeOfEntry(target, entry);
  const name = showEntry(entry);
  if (!reason.isPlaced) {
    const isNamed = message.startsWith(entry.field);
    return new Refusal(isNamed ? message : `${name}: ${message}`, place, code);
  }
  if (message.includes(target.file)) return reason;
  return new Refusal(`${message} (${name} of ${showPlace(place)})`, "told", code);
}

/** `patches[1]`. */
export function showEntry({ field, index }: EntryPlace): string {
  return index === undefined ? field : `${field}[${index}]`;
}

/** How many entries a field has as it is written. */
export function countOf({ node }: Target, field: string): number {
  const entry = node?.entries.find(({ key }) => key.value.toLowerCase() === field.toLowerCase());
  return entry?.value.kind === "seq" ? entry.value.items.length : 0;
}

/** Where the kustomization file has an entry. */
export function placeOfEntry({ node, file }: Target, { field, index }: EntryPlace): Place {
  const entry = node?.entries.find(({ key }) => key.value.toLowerCase() === field.toLowerCase());
  const list = index !== undefined && entry?.value.kind === "seq" ? entry.value.items : [];
  return { path: file, line: (list[index ?? 0] ?? entry?.key)?.at?.line };
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
