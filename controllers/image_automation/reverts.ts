/**
 * What a person took back stays taken back: a choice that was written, and is gone again, is held
 * (contract/sluice.md, `sluice.dev/hold`).
 *
 * @module
 */
import type { ImagePolicy, ImageUpdateAutomation } from "../../crds/mod.ts";
import { type FileTree, isEqualJson } from "../../lib/base/mod.ts";
import type { ManifestUpdate } from "../../lib/image/mod.ts";
import type { Choices } from "./policies.ts";

/** On an ImagePolicy, written by us: the tag, and the commit in which it was found taken back. */
export const HOLD_ANNOTATION = "sluice.dev/hold";

/** Names of the policies whose choice is held: it is not written until it is another. */
export function heldNames(policies: readonly ImagePolicy[]): ReadonlySet<string> {
  const held = policies.filter(({ metadata, status }) => {
    const [tag] = (metadata.annotations?.[HOLD_ANNOTATION] ?? "").trim().split(/\s+/);
    return tag !== "" && tag === status?.latestRef?.tag;
  });
  return new Set(held.map(({ metadata }) => metadata.name));
}

/** The choices without those of `names`. */
export function withoutPolicies(choices: Choices, names: ReadonlySet<string>): Choices {
  return Object.fromEntries(Object.entries(choices).filter(([name]) => !names.has(name)));
}

/** Whether something that is to be written was written before, by the last push. */
export function mayBeReverted(
  { status }: ImageUpdateAutomation,
  choices: Choices,
  { changes }: ManifestUpdate,
  base: string,
): boolean {
  if (status?.lastPushCommit === undefined || status.lastPushCommit === base) return false;
  return changes.flatMap((object) => object.changes).some(({ setter }) => {
    const name = policyOf(setter);
    return isEqualJson(status.observedPolicies?.[name], choices[name]);
  });
}

/**
 * Names of the policies whose choice stood in the files of the last push, and does not any more. A file that
 * came later is no revert, nor is one that got its marker later.
 *
 * @param then files of the last push, and what would have to be changed in them
 */
export function revertedNames(
  { status }: ImageUpdateAutomation,
  choices: Choices,
  now: ManifestUpdate,
  then: { readonly files: FileTree; readonly update: ManifestUpdate },
): ReadonlySet<string> {
  const missing = new Set(placesOf(then.update));
  const reverted = new Set<string>();
  for (const { file, changes } of now.changes) {
    const text = textOf(then.files, file);
    for (const { setter } of changes) {
      const name = policyOf(setter);
      const wasWritten = text.includes(JSON.stringify(setter)) &&
        !missing.has(placeOf(file, setter));
      if (wasWritten && isEqualJson(status?.observedPolicies?.[name], choices[name])) {
        reverted.add(name);
      }
    }
  }
  return reverted;
}

function* placesOf({ changes }: ManifestUpdate): Generator<string> {
  for (const { file, changes: its } of changes) {
    for (const { setter } of its) yield placeOf(file, setter);
  }
}

function placeOf(file: string, setter: string): string {
  return JSON.stringify([file, setter]);
}

function textOf(files: FileTree, path: string): string {
  const entry = files.get(path);
  return entry === undefined ? "" : new TextDecoder().decode(entry.read());
}

/** `namespace:name`, perhaps with a part behind it. */
function policyOf(setter: string): string {
  return setter.split(":")[1] ?? "";
}
