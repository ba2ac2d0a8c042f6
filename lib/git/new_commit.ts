/**
 * Makes the objects of a commit that differs from its parent by the contents of some files.
 *
 * Folders are not written anew: of each the ids of what changed are replaced, all other bytes stay, with
 * whatever names and modes others put there.
 *
 * @module
 */
import type { Signature } from "./client.ts";
import { invalid } from "./failure.ts";
import { type ObjectFormat, objectId, type ObjectType } from "./object_format.ts";
import type { Pack } from "./pack.ts";
import { parseTree } from "./tree.ts";

/** An object that the repository may not have yet. */
export interface NewObject {
  /** Its type. */
  readonly type: ObjectType;
  /** Its content, without the header that its id is made of. */
  readonly content: Uint8Array;
}

/** The folder of a commit, and what of it is new. */
export interface NewTree {
  /** Id of the root folder. */
  readonly id: string;
  /** Files and folders. */
  readonly objects: readonly NewObject[];
}

/** Contents by name, and folders that hold some. */
type Changes = Map<string, Uint8Array | Changes>;

/**
 * The tree `root` of `pack` with other contents in files that it has already; modes stay. Throws a
 * `GitError` when it has no such file.
 */
export function replaceFiles(
  pack: Pack,
  { root, format }: { readonly root: string; readonly format: ObjectFormat },
  files: ReadonlyMap<string, Uint8Array>,
): NewTree {
  const objects: NewObject[] = [];
  return { id: rewriteFolder(root, groupByFolder(files), ""), objects };

  function rewriteFolder(id: string, changes: Changes, folder: string): string {
    const content = pack.read(id).slice();
    const left = new Set(changes.keys());
    let at = 0;
    for (const { name, mode } of parseTree(format, content)) {
      const idAt = content.indexOf(0, at) + 1;
      at = idAt + format.idBytes;
      const change = changes.get(name);
      if (change === undefined) continue;
      const path = folder + name;
      const isFolder = mode === "40000";
      if (isFolder !== change instanceof Map || mode === "120000" || mode === "160000") {
        throw noFile(path);
      }
      const isNested = change instanceof Map;
      const newId = isNested
        ? rewriteFolder(content.subarray(idAt, at).toHex(), change, `${path}/`)
        : add("blob", change);
      content.set(Uint8Array.fromHex(newId), idAt);
      left.delete(name);
    }
    const [missing] = left;
    if (missing !== undefined) throw noFile(folder + missing);
    return add("tree", content);
  }

  function add(type: ObjectType, content: Uint8Array): string {
    objects.push({ type, content });
    return objectId(format, type, content);
  }
}

function noFile(path: string): Error {
  return invalid(`The commit has no file ${JSON.stringify(path)} whose content could be replaced`);
}

function groupByFolder(files: ReadonlyMap<string, Uint8Array>): Changes {
  const root: Changes = new Map();
  for (const [path, content] of files) {
    const names = path.split("/");
    const last = names.pop() ?? "";
    let folder = root;
    for (const name of names) {
      const known = folder.get(name);
      const next: Changes = known instanceof Map ? known : new Map();
      folder.set(name, next);
      folder = next;
    }
    folder.set(last, content);
  }
  return root;
}

/** What a commit says. */
export interface CommitText {
  /** Id of the root folder. */
  readonly tree: string;
  /** Id of the commit it stands on. */
  readonly parent: string;
  /** Who wrote the change, and made the commit. */
  readonly author: Signature;
  /** Full message, as it is. */
  readonly message: string;
}

/**
 * The content of a commit object; `signature` is an armoured one over the content without it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const author = { name: "A", email: "a@b.c", timeSeconds: 1700000000, zone: "+0000" };
 * const id = "0".repeat(40);
 * const bytes = composeCommit({ tree: id, parent: id, author, message: "hello\n" });
 * assert.match(new TextDecoder().decode(bytes), /\ncommitter A <a@b.c> 1700000000 \+0000\n\nhello\n$/);
 * ```
 */
export function composeCommit(
  { tree, parent, author, message }: CommitText,
  signature?: string,
): Uint8Array {
  const who = formatSignature(author);
  const lines = [`tree ${tree}`, `parent ${parent}`, `author ${who}`, `committer ${who}`];
  // gitformat-signature: a header whose further lines begin with a space.
  if (signature !== undefined) lines.push(`gpgsig ${signature.trimEnd().replace(/\n/g, "\n ")}`);
  return new TextEncoder().encode(`${lines.join("\n")}\n\n${message}`);
}

/** git takes `<`, `>` and line ends for its own. */
function formatSignature({ name, email, timeSeconds, zone }: Signature): string {
  const plain = (text: string) => text.replace(/[<>\n\r\0]/g, "").trim();
  return `${plain(name)} <${plain(email)}> ${timeSeconds} ${zone}`;
}
