/**
 * Files of manifests as they are written: which they are, what they hold, how a few of their values change.
 *
 * @module
 */
import {
  type Budget,
  fail,
  type FileEntry,
  type FileTree,
  Meter,
  ok,
  type Result,
} from "../base/mod.ts";
import {
  getKey,
  getPath,
  parseDocuments,
  type ScalarEdit,
  spliceScalars,
  textOf,
  type YamlNode,
} from "../yaml/mod.ts";
import type { ObjectIdentity } from "./changes.ts";

/** A file of documents, read to be edited. */
export interface ManifestFile {
  readonly path: string;
  readonly text: string;
  /** Its mappings; the members of a List are objects of their own. */
  readonly objects: readonly YamlNode[];
}

/** Manifests are written by people; nobody reviews more than this. */
const MOST_FILE_BYTES = 16 << 20;

/** True for a file, no link, that people put manifests into. */
export function isManifestPath(path: string, entry: FileEntry): boolean {
  return entry.mode.startsWith("100") && /(?:\.ya?ml|(?:^|\/)Kustomization)$/.test(path);
}

/** The text of a file; fails with `Unreadable` where it is none. */
export function readText(path: string, entry: FileEntry): Result<string> {
  const bytes = (entry.sizeBytes ?? 0) > MOST_FILE_BYTES ? undefined : entry.read();
  if (bytes === undefined || bytes.length > MOST_FILE_BYTES) {
    return fail("Unreadable", `${path} is larger than ${MOST_FILE_BYTES} bytes`);
  }
  try {
    // A byte order mark is a part of the file that has to stay.
    return ok(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return fail("Unreadable", `${path} is not UTF-8`);
  }
}

/** Reads the objects of a file; fails as {@linkcode parseDocuments}. */
export function parseManifest(path: string, text: string, budget: Budget): Result<ManifestFile> {
  const parsed = parseDocuments(text, { mode: "source", file: path, budget });
  if (!parsed.ok) return parsed;
  return ok({ path, text, objects: parsed.value.flatMap(({ node }) => objectsIn(node)) });
}

/** A file, and what it holds or why that cannot be told. */
export interface ReadManifest {
  readonly file: string;
  readonly manifest: Result<ManifestFile>;
}

/** Reads those manifests whose text `isMeant` takes, by their names' order. Throws `BudgetSpent`. */
export function* readManifests(
  files: FileTree,
  isMeant: (text: string) => boolean,
  budget: Budget,
): Generator<ReadManifest> {
  const meter = new Meter(budget);
  for (const [file, entry] of [...files].sort(([a], [b]) => a < b ? -1 : 1)) {
    if (!isManifestPath(file, entry)) continue;
    meter.spendEntries(1, file);
    const text = readText(file, entry);
    if (text.ok) meter.spendBytes(text.value.length, file);
    // Most files are not meant, and need not be YAML.
    if (text.ok && !isMeant(text.value)) continue;
    yield { file, manifest: text.ok ? parseManifest(file, text.value, budget) : text };
  }
}

/** The objects of a document: itself, or the members of a List. */
export function objectsIn(node: YamlNode | undefined): readonly YamlNode[] {
  if (node?.kind !== "map") return [];
  const items = getKey(node, "items");
  const isList = /^(?:Resource)?List$/.test(textOf(getKey(node, "kind")) ?? "");
  return isList && items?.kind === "seq" ? items.items.flatMap(objectsIn) : [node];
}

/** Which object `node` is. */
export function identityOf(node: YamlNode): ObjectIdentity {
  const text = (...path: string[]) => textOf(getPath(node, path)) ?? "";
  return {
    apiVersion: text("apiVersion"),
    kind: text("kind"),
    namespace: text("metadata", "namespace"),
    name: text("metadata", "name"),
  };
}

/** The file with other values; fails as {@linkcode spliceScalars}. */
export function editManifest(
  { path, text }: ManifestFile,
  edits: readonly ScalarEdit[],
  budget: Budget,
): Result<Uint8Array> {
  const edited = spliceScalars(text, edits, { file: path, budget });
  return edited.ok ? ok(new TextEncoder().encode(edited.value)) : edited;
}
