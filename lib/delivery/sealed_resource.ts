/**
 * Resources that are still sealed after the build, opened one by one as Flux does (contract/kustomize.md §4).
 *
 * The build has changed them by then, so their MAC says nothing.
 *
 * @module
 */
import {
  type Budget,
  decodeBase64,
  encodeBase64,
  fail,
  type Failure,
  ok,
  type Result,
  sha256Hex,
} from "../base/mod.ts";
import { type DataKeys, openSealed, outputOf, sealedFormatOf } from "../sops/mod.ts";
import {
  emitYaml,
  getKey,
  getPath,
  type MapNode,
  parseOne,
  setKey,
  stringNode,
  textOf,
} from "../yaml/mod.ts";
import { DECRYPT_SWITCH } from "./file_references.ts";
import type { RemoteAttempt } from "./remote_builds.ts";
import { resourceId } from "./substitute.ts";

/** The code of a resource that is not opened yet. */
export const OPENING_NEEDED = "OpeningNeeded";
/** A build gives the same resources again; the third look would find what the second did. */
const MOST_ROUNDS = 3;

/** Resources as YAML by {@linkcode nameOfSealed}, or why one cannot be opened. */
export type OpenedResources = ReadonlyMap<string, Result<string>>;

/** How to open what is sealed. */
export interface ResourceOpener {
  /** Opens data keys. */
  readonly keys: DataKeys;
  /** Limits. */
  readonly budget: Budget;
  /** Files that could not be opened before the build, by their MAC: their resources are named after them. */
  readonly files?: ReadonlyMap<string, string>;
  /** Lets others work for a while. */
  readonly pause?: () => Promise<void>;
  /** Told what was sealed, to keep it out of messages. */
  onSecrets(values: readonly string[]): void;
}

/** True for an object that sops sealed, and for a Secret with an entry that it did; not for who wants to stay so. */
export function isSealedResource(node: MapNode): boolean {
  if (!isSealedWhole(node) && sealedEntries(node).next().done) return false;
  const disabled = textOf(getPath(node, ["metadata", "annotations", DECRYPT_SWITCH]));
  return disabled?.toLowerCase() !== "disabled";
}

function isSealedWhole(node: MapNode): boolean {
  return textOf(getPath(node, ["sops", "mac"])) !== undefined;
}

/** The entries of a Secret's `data` that hold sealed files. */
function* sealedEntries(node: MapNode): Generator<{ key: string; content: Uint8Array }> {
  const data = getKey(node, "data");
  if (textOf(getKey(node, "kind")) !== "Secret" || data?.kind !== "map") return;
  for (const { key, value } of data.entries) {
    const content = decodeBase64(textOf(value) ?? "");
    // One that is no base64 is for the API server to refuse.
    if (content === undefined || content.length === 0) continue;
    if (sealedFormatOf(new TextDecoder().decode(content)) !== undefined) {
      yield { key: key.value, content };
    }
  }
}

/** Names a sealed resource, by what it holds. */
export function nameOfSealed(text: string): string {
  return sha256Hex(text);
}

/**
 * Runs a build as often as it takes until nothing is sealed any more. The build may run anywhere, opening may not: it
 * may have to ask a server.
 */
export async function buildOpening<T>(
  opener: ResourceOpener,
  build: (opened: OpenedResources) => Promise<RemoteAttempt<T>>,
): Promise<RemoteAttempt<T>> {
  const opened = new Map<string, Result<string>>();
  for (let round = 1;; round++) {
    const attempt = await build(opened);
    const sealed = attempt.sealed ?? [];
    if (sealed.length === 0) return attempt;
    if (round === MOST_ROUNDS) {
      return {
        result: fail("BuildFailed", "what the build makes is sealed anew each time"),
        needed: [],
      };
    }
    for (const text of sealed) opened.set(nameOfSealed(text), await openResource(text, opener));
  }
}

/** Opens one resource, given and returned as YAML. */
export async function openResource(text: string, opener: ResourceOpener): Promise<Result<string>> {
  const parsed = parseOne(text, { budget: opener.budget });
  if (!parsed.ok) return parsed;
  if (parsed.value?.kind !== "map") {
    return fail("BuildFailed", "a sealed resource is not a mapping");
  }
  const node = parsed.value;
  const opened = isSealedWhole(node)
    ? await openWhole(text, node, opener)
    : await openEntries(node, opener);
  if (opened.ok) return opened;
  return fail(
    "BuildFailed",
    `decryption failed for '${resourceId(node)}': ${opened.message}`,
    opened,
  );
}

async function openWhole(
  text: string,
  node: MapNode,
  opener: ResourceOpener,
): Promise<Result<string>> {
  const { keys, budget, files, pause } = opener;
  const opened = await openSealed(new TextEncoder().encode(text), {
    format: "yaml",
    opener: keys,
    budget,
    pause,
  });
  if (opened.ok) {
    opener.onSecrets(opened.value.secrets);
    return ok(new TextDecoder().decode(opened.value.content));
  }
  const file = files?.get(textOf(getPath(node, ["sops", "mac"])) ?? "");
  const from = file === undefined ? "" : ` (file ${file})`;
  return described(node, `${textOf(getKey(node, "kind"))} data${from}`, opened);
}

async function openEntries(node: MapNode, opener: ResourceOpener): Promise<Result<string>> {
  const { keys, budget, pause } = opener;
  const data = getKey(node, "data");
  for (const { key, content } of [...sealedEntries(node)]) {
    const format = sealedFormatOf(new TextDecoder().decode(content)) ?? "binary";
    const output = outputOf(key, format);
    const opened = await openSealed(content, { format, output, opener: keys, budget, pause });
    if (!opened.ok) return described(node, `Secret field '${key}'`, opened);
    opener.onSecrets(opened.value.secrets);
    if (data?.kind === "map") setKey(data, key, stringNode(encodeBase64(opened.value.content)));
  }
  return ok(emitYaml(node));
}

function described(node: MapNode, what: string, failure: Failure): Failure {
  const metadata = getKey(node, "metadata");
  const name = `${textOf(getKey(metadata, "namespace")) ?? ""}/${
    textOf(getKey(metadata, "name")) ?? ""
  }`;
  return fail(
    failure.code,
    `failed to decrypt and format '${name}' ${what}: ${failure.message}`,
    failure,
  );
}
