/**
 * The file system as a tree that is read when it is asked.
 *
 * @module
 */
import type { FileEntry, FileMode, FileTree } from "../lib/base/mod.ts";

/** Everything below `root`; an iteration sees only what was asked for before. */
class DiskTree extends Map<string, FileEntry> {
  readonly #root: string;
  readonly #missing = new Set<string>();

  constructor(root: string) {
    super();
    this.#root = root;
  }

  override get(path: string): FileEntry | undefined {
    const known = super.get(path);
    if (known !== undefined || this.#missing.has(path)) return known;
    const entry = this.#look(path);
    if (entry === undefined) this.#missing.add(path);
    else super.set(path, entry);
    return entry;
  }

  override has(path: string): boolean {
    return this.get(path) !== undefined;
  }

  #look(path: string): FileEntry | undefined {
    const full = `${this.#root}/${path}`;
    const info = lstat(full);
    if (info === undefined || info.isDirectory) return undefined;
    if (info.isSymlink) return { mode: "120000", read: () => readLink(full, path) };
    const mode: FileMode = ((info.mode ?? 0) & 0o111) === 0 ? "100644" : "100755";
    return { mode, sizeBytes: info.size, read: () => Deno.readFileSync(full) };
  }
}

function lstat(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound || thrown instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    throw thrown;
  }
}

/** The target of a link; an absolute one as it is seen from the folder of the link. */
function readLink(full: string, path: string): Uint8Array {
  const target = Deno.readLinkSync(full);
  const up = "../".repeat(path.split("/").length - 1);
  return new TextEncoder().encode(target.startsWith("/") ? `${up}${target.slice(1)}` : target);
}

/** The whole file system, by paths without the leading slash. */
export function openDisk(): FileTree {
  return new DiskTree("");
}
