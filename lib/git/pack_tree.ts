/**
 * The files of a commit: names and contents are read out of the pack when somebody asks for them.
 *
 * A list of 50,000 files takes more memory than the pack that they came in, and mostly one look at it is all.
 *
 * @module
 */
import type { FileEntry, FileMode, FileTree } from "../base/mod.ts";
import type { ObjectFormat } from "./object_format.ts";
import type { Pack } from "./pack.ts";
import { TreeCursor } from "./tree.ts";

/** A folder whose tree object was checked. */
export interface PackFolder {
  /** Its path with a slash at the end; empty for the root. */
  readonly path: string;
  /** Its tree object. */
  readonly content: Uint8Array;
  /** The folders in it, in their order. */
  readonly folders: readonly PackFolder[];
}

/** What a tree of files is read out of. */
export interface PackTreeOptions {
  /** Has the contents. */
  readonly pack: Pack;
  /** How objects are named. */
  readonly format: ObjectFormat;
  /** Files in all folders. */
  readonly size: number;
}

/** Files by path, in git's order. */
export class PackTree implements FileTree {
  readonly size: number;
  readonly #pack: Pack;
  readonly #format: ObjectFormat;
  readonly #root: PackFolder;
  /** Files of folders in which one was looked for, by name. */
  readonly #named = new Map<string, ReadonlyMap<string, FileEntry>>();
  #folders: ReadonlyMap<string, PackFolder> | undefined;

  /** The files below `root`. */
  constructor(root: PackFolder, { pack, format, size }: PackTreeOptions) {
    this.#root = root;
    this.#pack = pack;
    this.#format = format;
    this.size = size;
  }

  get(path: string): FileEntry | undefined {
    const nameAt = path.lastIndexOf("/") + 1;
    return this.#filesOf(path.slice(0, nameAt))?.get(path.slice(nameAt));
  }

  has(path: string): boolean {
    return this.get(path) !== undefined;
  }

  *entries(): MapIterator<[string, FileEntry]> {
    const open = (folder: PackFolder) => ({
      ...folder,
      cursor: new TreeCursor(this.#format, folder.content),
      entered: 0,
    });
    const stack = [open(this.#root)];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const { cursor, path } = top;
      if (!cursor.next()) stack.pop();
      else if (cursor.mode !== "40000") yield [path + cursor.name(), this.#fileAt(cursor)];
      else {
        const inner = top.folders[top.entered++];
        if (inner !== undefined) stack.push(open(inner));
      }
    }
  }

  *keys(): MapIterator<string> {
    for (const [path] of this.entries()) yield path;
  }

  *values(): MapIterator<FileEntry> {
    for (const [, file] of this.entries()) yield file;
  }

  [Symbol.iterator](): MapIterator<[string, FileEntry]> {
    return this.entries();
  }

  forEach(visit: (file: FileEntry, path: string, tree: FileTree) => void): void {
    for (const [path, file] of this.entries()) visit(file, path, this);
  }

  #filesOf(path: string): ReadonlyMap<string, FileEntry> | undefined {
    const known = this.#named.get(path);
    if (known !== undefined) return known;
    this.#folders ??= foldersByPath(this.#root);
    const folder = this.#folders.get(path);
    if (folder === undefined) return undefined;
    const files = new Map<string, FileEntry>();
    const cursor = new TreeCursor(this.#format, folder.content);
    while (cursor.next()) {
      if (cursor.mode !== "40000") files.set(cursor.name(), this.#fileAt(cursor));
    }
    this.#named.set(path, files);
    return files;
  }

  #fileAt(cursor: TreeCursor): FileEntry {
    const { mode } = cursor;
    if (mode === undefined || mode === "40000") throw new TypeError("the entry is no file");
    const id = cursor.id();
    if (mode !== "160000") return new PackFile(this.#pack, id, mode);
    return { mode, sizeBytes: 0, commit: id, read: () => new Uint8Array() };
  }
}

function foldersByPath(root: PackFolder): ReadonlyMap<string, PackFolder> {
  const folders = new Map([[root.path, root]]);
  // What is met on the way is appended, and its turn comes.
  for (const folder of folders.values()) {
    for (const inner of folder.folders) folders.set(inner.path, inner);
  }
  return folders;
}

/** A file whose content is read out of the pack. */
class PackFile implements FileEntry {
  readonly mode: FileMode;
  readonly #pack: Pack;
  readonly #id: string;

  constructor(pack: Pack, id: string, mode: FileMode) {
    this.mode = mode;
    this.#pack = pack;
    this.#id = id;
  }

  get sizeBytes(): number {
    return this.#pack.describe(this.#id)?.sizeBytes ?? 0;
  }

  read(): Uint8Array {
    return this.#pack.read(this.#id);
  }
}
