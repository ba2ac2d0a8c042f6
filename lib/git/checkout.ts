/**
 * The files of a commit, as they lie in a pack.
 *
 * @module
 */
import { type Budget, type FileEntry, type FileMode, type FileTree, Meter } from "../base/mod.ts";
import { invalid } from "./failure.ts";
import type { ObjectFormat } from "./object_format.ts";
import type { Pack } from "./pack.ts";
import { HFS_IGNORED, parseTree, type TreeEntry } from "./tree.ts";

/** The tree of files below the tree object `root`; contents are read when asked for. */
export function buildFileTree(
  pack: Pack,
  root: string,
  format: ObjectFormat,
  budget: Budget,
): FileTree {
  const meter = new Meter(budget);
  const files = new Map<string, FileEntry>();
  let hasLinks = false;
  function walk(id: string, folder: string): void {
    if (pack.describe(id)?.type !== "tree") throw invalid(`The pack lacks the folder ${id}`);
    meter.checkTime("a repository");
    for (const entry of parseTree(format, pack.read(id))) {
      const path = folder + entry.name;
      meter.spendEntries(1, path);
      if (entry.mode === "40000") meter.nest(path, () => walk(entry.id, `${path}/`));
      else files.set(path, fileEntry(pack, entry, path, meter));
      hasLinks ||= entry.mode === "120000";
    }
  }
  walk(root, "");
  if (hasLinks) refuseLinkCollisions(files);
  return files;
}

/** A file whose content is read out of the pack. */
class PackFile implements FileEntry {
  readonly mode: FileMode;
  readonly sizeBytes: number;
  readonly #pack: Pack;
  readonly #id: string;

  constructor(pack: Pack, { id, mode }: TreeEntry & { mode: FileMode }, sizeBytes: number) {
    this.mode = mode;
    this.sizeBytes = sizeBytes;
    this.#pack = pack;
    this.#id = id;
  }

  read(): Uint8Array {
    return this.#pack.read(this.#id);
  }
}

function fileEntry(pack: Pack, entry: TreeEntry, path: string, meter: Meter): FileEntry {
  const { id, mode } = entry;
  if (mode === "40000") throw new TypeError(`${path} is a folder`);
  if (mode === "160000") return { mode, sizeBytes: 0, commit: id, read: () => new Uint8Array() };
  const blob = pack.describe(id);
  if (blob?.type !== "blob") throw invalid(`The pack lacks the content of ${path}`);
  // One blob may stand for many files; what they hold together is what is published.
  meter.spendBytes(blob.sizeBytes, path);
  return new PackFile(pack, { ...entry, mode }, blob.sizeBytes);
}

/**
 * A link and a folder whose names differ by case only are one place on some disks: a file of the folder
 * would land wherever the link leads (CVE-2024-32002).
 */
export function refuseLinkCollisions(files: FileTree): void {
  const links = new Map<string, string>();
  for (const [path, { mode }] of files) if (mode === "120000") links.set(fold(path), path);
  if (links.size === 0) return;
  for (const path of files.keys()) {
    const folded = fold(path);
    const parts = folded.split("/");
    for (let count = 1; count <= parts.length; count++) {
      const link = links.get(parts.slice(0, count).join("/"));
      if (link !== undefined && link !== path) {
        throw invalid(`${JSON.stringify(path)} collides with the link ${JSON.stringify(link)}`);
      }
    }
  }
}

function fold(path: string): string {
  return path.replace(HFS_IGNORED, "").normalize("NFKC").toLowerCase();
}
