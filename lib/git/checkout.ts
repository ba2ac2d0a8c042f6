/**
 * The files of a commit, as they lie in a pack.
 *
 * @module
 */
import { type Budget, type FileTree, Meter } from "../base/mod.ts";
import { invalid } from "./failure.ts";
import type { ObjectFormat } from "./object_format.ts";
import type { Pack } from "./pack.ts";
import { type PackFolder, PackTree } from "./pack_tree.ts";
import { checkTree, HFS_IGNORED, TreeCursor } from "./tree.ts";

/**
 * The tree of files below the tree object `root`. Every folder is checked, and every content known to be there;
 * names and contents are read when asked for.
 */
export function buildFileTree(
  pack: Pack,
  root: string,
  format: ObjectFormat,
  budget: Budget,
): FileTree {
  const walk = new FolderWalk(pack, format, budget);
  const tree = new PackTree(walk.enter(root, ""), { pack, format, size: walk.files });
  if (walk.hasLinks) refuseLinkCollisions(tree);
  return tree;
}

/** Checks folders, and counts what is in them. */
class FolderWalk {
  /** Files so far. */
  files = 0;
  /** Whether one of them is a link. */
  hasLinks = false;
  readonly #pack: Pack;
  readonly #format: ObjectFormat;
  readonly #meter: Meter;
  /** Tree objects by id: one may stand for many folders. */
  readonly #contents = new Map<string, Uint8Array>();

  constructor(pack: Pack, format: ObjectFormat, budget: Budget) {
    this.#pack = pack;
    this.#format = format;
    this.#meter = new Meter(budget);
  }

  /** The folder at `path`, whose tree object is `id`. */
  enter(id: string, path: string): PackFolder {
    this.#meter.checkTime("a repository");
    const content = this.#contents.get(id) ?? this.#read(id);
    this.#contents.set(id, content);
    const cursor = new TreeCursor(this.#format, content);
    const folders: PackFolder[] = [];
    while (cursor.next()) {
      this.#meter.spendEntries(1, path);
      if (cursor.mode === "40000") {
        const inner = path + cursor.name();
        folders.push(this.#meter.nest(inner, () => this.enter(cursor.id(), `${inner}/`)));
      } else this.#count(cursor, content, path);
    }
    return { path, content, folders };
  }

  #read(id: string): Uint8Array {
    if (this.#pack.describe(id)?.type !== "tree") throw invalid(`The pack lacks the folder ${id}`);
    const content = this.#pack.read(id);
    checkTree(this.#format, content);
    return content;
  }

  #count(cursor: TreeCursor, content: Uint8Array, path: string): void {
    this.files++;
    // Another repository has it.
    if (cursor.mode === "160000") return;
    if (cursor.mode === "120000") this.hasLinks = true;
    const sizeBytes = this.#pack.blobBytes(content, cursor.idAt);
    if (sizeBytes === undefined) {
      throw invalid(`The pack lacks the content of ${path}${cursor.name()}`);
    }
    // One blob may stand for many files; what they hold together is what is published.
    this.#meter.spendBytes(sizeBytes, path);
  }
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
