/**
 * The sealed files that a Kustomization reads, opened in memory before the build, where their MAC still means
 * something.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import {
  type Budget,
  BudgetSpent,
  fail,
  type FileEntry,
  type FileTree,
  Meter,
  ok,
  type Result,
} from "../base/mod.ts";
import { type DataKeys, openSealed, outputOf, sealedFormatOf } from "../sops/mod.ts";
import { exceeded } from "./exceeded.ts";
import { DECRYPT_SWITCH, type FileReference, findReferences } from "./file_references.ts";
import type { BuildSpec } from "./spec.ts";

/** A tree without what was sealed in it. */
export interface OpenedTree {
  /** The same tree where nothing was sealed. */
  readonly tree: FileTree;
  /** What was sealed, to be kept out of messages. */
  readonly secrets: readonly string[];
  /** Files whose MAC says that they were changed after they were sealed. */
  readonly changed: readonly string[];
  /** Files with objects that stayed sealed, by their MAC as it is written there. */
  readonly sealed: ReadonlyMap<string, string>;
}

/** How to open a tree. */
export interface OpenTreeOptions {
  /** Opens data keys. */
  readonly keys: DataKeys;
  /** Limits. */
  readonly budget: Budget;
  /** Lets others work for a while. */
  readonly pause?: () => Promise<void>;
}

const MAC = /\bmac"?\s*:\s*["']?(ENC\[[^\]]*\])/;

/**
 * Opens what `spec` will read of `tree`. Objects that cannot be opened stay sealed: after the build it shows whether
 * anybody wants them. All else, such as the files of generators and patches, has to be opened; codes: `BuildFailed`,
 * `BudgetExceeded`.
 */
export async function openTree(
  tree: FileTree,
  spec: BuildSpec,
  { keys, budget, pause }: OpenTreeOptions,
): Promise<Result<OpenedTree>> {
  const opened = new Map<string, FileEntry>();
  const secrets: string[] = [];
  const changed: string[] = [];
  const sealed = new Map<string, string>();
  try {
    const meter = new Meter(budget);
    for (const reference of findReferences(tree, spec, budget)) {
      const { path, use, name } = reference;
      const content = tree.get(path)?.read() ?? new Uint8Array();
      const format = holdsSealed(content)
        ? sealedFormatOf(new TextDecoder().decode(content))
        : undefined;
      if (format === undefined || staysSealed(reference, content)) continue;
      meter.spendBytes(content.length, path);
      const output = outputOf(name, format);
      const file = await openSealed(content, { format, output, opener: keys, budget, pause });
      if (file.ok) {
        opened.set(path, entryOf(file.value.content));
        // One by one: there is a limit to the arguments of a call.
        for (const secret of file.value.secrets) secrets.push(secret);
        if (!file.value.isIntact) changed.push(path);
      } else if (use === "resource") sealed.set(macIn(content), path);
      else return fail("BuildFailed", `error decrypting sources: ${path}: ${file.message}`, file);
    }
  } catch (thrown) {
    if (thrown instanceof BudgetSpent) return exceeded(thrown.message, thrown);
    throw thrown;
  }
  const isSame = opened.size === 0;
  return ok({ tree: isSame ? tree : new Map([...tree, ...opened]), secrets, changed, sealed });
}

/** Looked for as bytes: most files are not sealed, and need not become text. */
function holdsSealed(content: Uint8Array): boolean {
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength).includes(
    "ENC[AES256_GCM,",
  );
}

/** Which object of a file wants to stay sealed, shows after the build. */
function staysSealed({ use }: FileReference, content: Uint8Array): boolean {
  return use === "resource" && new TextDecoder().decode(content).includes(DECRYPT_SWITCH);
}

function macIn(content: Uint8Array): string {
  return MAC.exec(new TextDecoder().decode(content))?.[1] ?? "";
}

function entryOf(content: Uint8Array): FileEntry {
  return { mode: "100644", sizeBytes: content.length, read: () => content };
}
