/**
 * A sealed file as a text with places in it: what is sealed is put back where it stands, so that order, comments and
 * line ends stay as they are, and the result is what sops itself prints.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { type Budget, fail, isTimeUp, ok, type Result } from "../base/mod.ts";
import type { Metadata } from "./metadata.ts";
import { isSealedValue, type OpenedValue, openValue, placeOf } from "./value.ts";

/** A part of the text. */
export interface Span {
  readonly start: number;
  /** Past its last character. */
  readonly end: number;
}

/** A value. */
export interface Leaf extends Span {
  /** The keys on the way to it; lists add none. */
  readonly path: readonly string[];
  /** It, as a text: sealed, or as the MAC takes it in. */
  readonly text: string;
  /** Whether it is a string, and so may be sealed. */
  readonly isString: boolean;
  /** It, opened, in the format's own words at this place, or the place of more than it. */
  write(opened: OpenedValue): Replacement;
}

/** A sealed comment. */
export interface Remark {
  /** The paths that it may be bound to, the likeliest first; the tag tells which. */
  readonly paths: readonly (readonly string[])[];
  readonly sealed: string;
  /** What it was, put into the text. */
  write(opened: string): readonly Replacement[];
}

/** A part of the text, and what stands in its place. */
export interface Replacement extends Span {
  readonly text: string;
}

/** A file before it is opened. */
export interface SealedText {
  readonly text: string;
  readonly metadata: Metadata;
  /** In the order of the file, which is the order of the MAC. */
  readonly leaves: readonly Leaf[];
  readonly remarks: readonly Remark[];
  /** The metadata. */
  readonly cuts: readonly Replacement[];
}

/** A file that was opened. */
export interface OpenedText {
  readonly text: string;
  /** What the values were, in the order of the file. */
  readonly values: readonly { readonly path: readonly string[]; readonly value: OpenedValue }[];
  /** Whether the MAC says that nothing was added, changed, moved or taken away. */
  readonly isIntact: boolean;
}

/** What a MAC over sealed values only begins with: the SHA-256 of `sops`. */
const ONLY_SEALED = Uint8Array.fromHex(
  "8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69",
);

/** How long opening may take, and who else wants a turn. */
export interface Pace {
  /** Limits. */
  readonly budget: Budget;
  /** Lets others work for a while; opening takes some microseconds a value, and there may be many. */
  readonly pause?: (() => Promise<void>) | undefined;
}

/** Values between two pauses: some milliseconds. */
const VALUES_PER_TURN = 256;

/** Opens every value with the data key. */
export async function openText(
  sealed: SealedText,
  key: Uint8Array,
  { budget, pause }: Pace,
): Promise<Result<OpenedText>> {
  const { metadata } = sealed;
  const hash = createHash("sha512");
  if (metadata.macOnlyEncrypted) hash.update(ONLY_SEALED);
  const values: { path: readonly string[]; value: OpenedValue }[] = [];
  const changes: Replacement[] = [...sealed.cuts];
  for (const [index, leaf] of sealed.leaves.entries()) {
    if (index % VALUES_PER_TURN === VALUES_PER_TURN - 1) {
      await pause?.();
      if (isTimeUp(budget)) {
        return fail("BudgetExceeded", "Time is up at the values of a sealed file");
      }
    }
    const mustBeSealed = metadata.rule(leaf.path) ?? isSealedValue(leaf.text);
    if (!mustBeSealed) {
      if (!metadata.macOnlyEncrypted) hash.update(leaf.text);
      continue;
    }
    const opened = leaf.isString
      ? openValue(leaf.text, key, placeOf(leaf.path))
      : notSealed(leaf.path);
    if (!opened.ok) return opened;
    const { value } = opened;
    if (value.type !== "comment") hash.update(macBytes(value));
    values.push({ path: leaf.path, value });
    if (leaf.text !== "") changes.push(leaf.write(value));
  }
  for (const remark of sealed.remarks) {
    const text = openRemark(remark, key);
    if (text !== undefined) changes.push(...remark.write(text));
  }
  const isIntact = macOf(metadata, key) === hash.digest("hex").toUpperCase();
  return ok({ text: replaceAll(sealed.text, changes), values, isIntact });
}

function notSealed(path: readonly string[]): Result<never> {
  return fail(
    "NotSealed",
    `'${path.join(".")}' is not sealed, but the file's rule says that it must be`,
  );
}

/** The types that sops parses and prints anew before it takes them in. */
function macBytes({ type, bytes, text }: OpenedValue): Uint8Array | string {
  if (type === "bool") return /^(1|t|true)$/i.test(text) ? "True" : "False";
  return bytes;
}

function macOf({ mac, lastModified }: Metadata, key: Uint8Array): string | undefined {
  const opened = mac === "" ? undefined : openValue(mac, key, lastModified);
  return opened?.ok ? opened.value.text : undefined;
}

/** A comment that cannot be opened was never sealed, as sops takes it. */
function openRemark({ sealed, paths }: Remark, key: Uint8Array): string | undefined {
  for (const path of paths) {
    const opened = openValue(sealed, key, placeOf(path));
    if (opened.ok) return opened.value.text;
  }
  return undefined;
}

function replaceAll(text: string, changes: readonly Replacement[]): string {
  const sorted = changes.toSorted((a, b) => a.start - b.start);
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, text: instead } of sorted) {
    // An alias stands at the place of its anchor: the first one has written it.
    if (start < at) continue;
    parts.push(text.slice(at, start), instead);
    at = end;
  }
  parts.push(text.slice(at));
  return parts.join("");
}
