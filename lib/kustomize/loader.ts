/**
 * Reads files for a build: follows links inside the tree, keeps to the folder that names a file, counts what it reads.
 *
 * @module
 */
import { type FileTree, joinWithin, maskSecrets, type Meter, type Result } from "../base/mod.ts";
import type { BuildOptions, RemoteTree } from "./face.ts";
import { Refusal } from "./refusal.ts";
import { isRemoteFolder, parseRemoteAddress } from "./remote_address.ts";

const MOST_LINKS = 40;

/** A folder that is being built, and those that led to it. */
export interface Folder {
  /** The tree it lies in; another one for a remote base. */
  readonly tree: FileTree;
  /** Its path in the tree; the root is the empty string. */
  readonly path: string;
  /** The folder that named it. */
  readonly parent: Folder | undefined;
  /** The address of the remote base that holds it, as it was written. */
  readonly remote: string | undefined;
}

/** Content of a file, and the path under which it was found. */
export interface LoadedFile {
  /** Path in the tree, links followed; of a remote one its address. */
  readonly path: string;
  /** Bytes. */
  readonly bytes: Uint8Array;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The text of a file; what is no UTF-8 becomes U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Reads the files of one build. */
export class Loader {
  readonly #options: BuildOptions;
  readonly #meter: Meter;
  readonly #filesRead = new Set<string>();
  readonly #remotes = new Map<string, Result<RemoteTree> | undefined>();
  /** Folders without links in their path, so that deep trees cost one look-up a file. */
  readonly #plainFolders = new WeakMap<FileTree, Map<string, string>>();

  /** Starts with nothing read. */
  constructor(options: BuildOptions, meter: Meter) {
    this.#options = options;
    this.#meter = meter;
  }

  /** Every path of the main tree that was looked at. */
  get filesRead(): ReadonlySet<string> {
    return this.#filesRead;
  }

  /** The folder at which a build starts. */
  openRoot(tree: FileTree, path: string): Folder {
    const clean = joinWithin("", path);
    if (clean === undefined) throw new Refusal(`"${path}" is outside of the tree`);
    return { tree, path: this.#resolve(tree, clean), parent: undefined, remote: undefined };
  }

  /** The folder at `path`, seen from `folder`. */
  openFolder(folder: Folder, path: string): Folder {
    if (path === "") throw new Refusal("an entry is empty; give a file or a folder");
    if (path.length > LONGEST_PATH) {
      throw new Refusal(`a path is longer than ${LONGEST_PATH} characters`);
    }
    if (isRemoteFolder(path)) return this.#openRemote(folder, path);
    if (path.startsWith("/")) {
      throw new Refusal(`folder "${path}" must be relative to the folder of the kustomization`);
    }
    if (path.split("/").some((part) => part !== ".." && part.includes(".."))) {
      throw new Refusal(
        `path "${path}" has ".." inside of a name; check the indentation of the list`,
      );
    }
    const joined = joinWithin(folder.path, path);
    if (joined === undefined) {
      throw new Refusal(`path "${path}" leaves the ${treeName(folder)}`);
    }
    const resolved = this.#resolve(folder.tree, joined);
    for (let seen: Folder | undefined = folder; seen; seen = seen.parent) {
      if (seen.tree === folder.tree && isInside(seen.path, resolved)) {
        throw new Refusal(
          `cycle: "${path}" leads to folder "${
            this.showIn(folder, resolved)
          }", which is being built already ` +
            `(it holds "${this.showIn(seen, seen.path)}")`,
        );
      }
    }
    return { tree: folder.tree, path: resolved, parent: folder, remote: folder.remote };
  }

  /** The path where `path`, seen from `folder`, would be read; links followed. */
  locate(folder: Folder, path: string): string {
    if (path.length > LONGEST_PATH) {
      throw new Refusal(`a path is longer than ${LONGEST_PATH} characters`);
    }
    const joined = path.startsWith("/") ? joinWithin("", path) : joinWithin(folder.path, path);
    if (joined === undefined) throw new Refusal(`path "${path}" leaves the ${treeName(folder)}`);
    return this.#resolve(folder.tree, joined);
  }

  /** True when there is a file at `path`. */
  isFile(folder: Folder, path: string): boolean {
    if (path === "") return false;
    if (isRemoteFile(path)) return this.#fetch(path).isFile ?? false;
    const found = folder.tree.get(this.locate(folder, path));
    return found !== undefined && found.mode !== "160000";
  }

  /** Reads the file at `path`, seen from `folder`. */
  read(folder: Folder, path: string): LoadedFile {
    if (isRemoteFile(path)) return this.#readRemote(path);
    const resolved = this.locate(folder, path);
    const entry = folder.tree.get(resolved);
    if (entry === undefined || entry.mode === "160000") {
      throw new Refusal(`there is no file "${path}" in "${this.showFolder(folder)}"`);
    }
    if (this.#options.loadRestrictions !== "none" && !isInside(resolved, folder.path)) {
      throw new Refusal(
        `file "${path}" is not in or below "${this.showFolder(folder)}"; move it there, ` +
          "or list the folder that holds it as a resource",
      );
    }
    const shown = this.showIn(folder, resolved);
    if (entry.sizeBytes !== undefined) this.#meter.spendBytes(entry.sizeBytes, shown);
    const bytes = entry.read();
    if (entry.sizeBytes === undefined) this.#meter.spendBytes(bytes.length, shown);
    return { path: folder.remote === undefined ? resolved : shown, bytes };
  }

  /** Reads the text of a file. */
  readText(folder: Folder, path: string): { path: string; text: string } {
    const { path: found, bytes } = this.read(folder, path);
    return { path: found, text: decodeText(bytes) };
  }

  /** A path as people are shown it; one with two slashes is none of the tree's but an address. */
  show(path: string): string {
    if (path.includes("//")) return path;
    return this.#options.showPath?.(path) ?? (path === "" ? "." : path);
  }

  /** The path of a folder as people are shown it. */
  showFolder(folder: Folder): string {
    return this.showIn(folder, folder.path);
  }

  /** A path in the tree of `folder` as people are shown it. */
  showIn({ remote }: Folder, path: string): string {
    return remote === undefined ? this.show(path) : showRemote(remote, path);
  }

  #openRemote(folder: Folder, address: string): Folder {
    for (let seen: Folder | undefined = folder; seen; seen = seen.parent) {
      if (seen.remote?.startsWith(address)) {
        throw new Refusal(`cycle: remote base "${mask(address)}" leads back to itself`);
      }
    }
    const { tree, path, isFile } = this.#fetch(address);
    if (isFile) {
      throw new Refusal(`"${mask(address)}" is a single file; list it under resources`);
    }
    const clean = joinWithin("", path);
    if (clean === undefined) throw new Refusal(`path of remote base "${mask(address)}" leaves it`);
    return { tree, path: this.#resolve(tree, clean), parent: folder, remote: address };
  }

  #readRemote(address: string): LoadedFile {
    const { tree, path, isFile } = this.#fetch(address);
    const entry = isFile ? tree.get(path) : undefined;
    if (entry === undefined) {
      throw new Refusal(`"${mask(address)}" is a repository; a single file is wanted here`);
    }
    const bytes = entry.read();
    this.#meter.spendBytes(bytes.length, mask(address));
    return { path: mask(address), bytes };
  }

  #fetch(address: string): RemoteTree {
    const known = this.#remotes.get(address);
    const fetched = known ?? this.#options.fetchRemote?.(address);
    this.#remotes.set(address, fetched);
    if (fetched === undefined) {
      throw new Refusal(
        `remote entry "${mask(address)}" is not allowed here; copy it into the repository`,
        undefined,
        "Unsupported",
      );
    }
    if (!fetched.ok) throw new Refusal(fetched.message, undefined, "RemoteNeeded");
    return fetched.value;
  }

  /** Follows the links in `path`; git's rule: a link's target is relative to the folder of the link. */
  #resolve(tree: FileTree, path: string): string {
    const known = this.#plainFolders.get(tree) ?? new Map<string, string>();
    this.#plainFolders.set(tree, known);
    let pending = path === "" ? [] : path.split("/");
    let here = "";
    let links = 0;
    const folder = pending.slice(0, -1).join("/");
    const start = known.get(folder);
    if (start !== undefined) [here, pending] = [start, pending.slice(-1)];
    while (pending.length > 0) {
      const [part = "", ...rest] = pending;
      const next = here === "" ? part : `${here}/${part}`;
      const entry = tree.get(next);
      if (tree === this.#mainTree) this.#filesRead.add(next);
      if (rest.length === 0 && links === 0) known.set(folder, here);
      if (entry?.mode === "160000") {
        throw new Refusal(
          `"${this.show(next)}" is a submodule, whose files are not fetched; name its repository`,
        );
      }
      if (entry?.mode !== "120000") {
        here = next;
        pending = rest;
        continue;
      }
      if (++links > MOST_LINKS) throw new Refusal(`too many links in path "${path}"`);
      const target = decoder.decode(entry.read());
      const led = target.startsWith("/") ? undefined : joinWithin(here, target);
      if (led === undefined) {
        throw new Refusal(`link "${this.show(next)}" leads to "${target}", outside of the tree`);
      }
      pending = [...(led === "" ? [] : led.split("/")), ...rest];
      here = "";
    }
    return here;
  }

  #mainTree: FileTree | undefined;

  /** Names the tree whose paths {@linkcode filesRead} holds. */
  trackReads(tree: FileTree): void {
    this.#mainTree = tree;
  }
}

/** True when `path` is `folder` or lies under it. */
function isInside(path: string, folder: string): boolean {
  return folder === "" || path === folder || path.startsWith(`${folder}/`);
}

const LONGEST_PATH = 4_096;

/** True for the address of a single file. */
export function isRemoteFile(path: string): boolean {
  return /^https?:\/\//i.test(path);
}

function treeName({ remote }: Folder): string {
  return remote === undefined ? "tree" : "remote base";
}

/** An address without the password it may hold. */
function mask(address: string): string {
  return maskSecrets(address, []);
}

/** A path in a remote base, as the address of just that. */
function showRemote(address: string, path: string): string {
  const parsed = parseRemoteAddress(address);
  if (!parsed.ok) return `${mask(address)}//${path}`;
  const { repository, ref } = parsed.value;
  return `${mask(repository)}//${path}${ref === undefined ? "" : `?ref=${ref}`}`;
}
