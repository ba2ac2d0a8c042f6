/**
 * Data keys that are sealed with age.
 *
 * @module
 */
import type * as Age from "age-encryption";
import { fail, ok, type Result } from "../base/mod.ts";
import type { OpenWith } from "./master_key.ts";

/** Loaded when first needed: it takes 13 MB, and most have nothing sealed. */
let library: Promise<typeof Age> | undefined;

function loadAge(): Promise<typeof Age> {
  return library ??= import("age-encryption");
}

const IDENTITY = /^AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]+$/;

/**
 * The identities of an age key file: one a line, with comments.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const got = await parseIdentities("# a comment\nAGE-PLUGIN-YUBIKEY-1X\n");
 * assert.equal(!got.ok && got.message, "line 2 is no age identity: only AGE-SECRET-KEY-… can be used here");
 * ```
 */
export async function parseIdentities(text: string): Promise<Result<readonly string[]>> {
  const age = await loadAge();
  const identities: string[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const identity = line.trim();
    if (identity === "" || identity.startsWith("#")) continue;
    if (!isIdentity(identity, age)) {
      const why = "is no age identity: only AGE-SECRET-KEY-… can be used here";
      return fail("InvalidKeys", `line ${index + 1} ${why}`);
    }
    identities.push(identity);
  }
  return identities.length === 0 ? fail("InvalidKeys", "it has no age identity") : ok(identities);
}

/** The library checks the sum in its letters; its message is not shown, it might quote them. */
function isIdentity(line: string, { Decrypter }: typeof Age): boolean {
  if (!IDENTITY.test(line)) return false;
  try {
    new Decrypter().addIdentity(line);
    return true;
  } catch {
    return false;
  }
}

/**
 * Opens with these identities. Passphrases are none of them, so no header can make us run scrypt; how long a header
 * may be, `metadata.ts` says.
 */
export function openWithAge(identities: readonly string[]): OpenWith<"age"> {
  return async ({ sealed }) => {
    const { armor, Decrypter } = await loadAge();
    let file: Uint8Array;
    try {
      file = armor.decode(sealed);
    } catch {
      return fail("Malformed", "'enc' is no armored age file");
    }
    const decrypter = new Decrypter();
    for (const identity of identities) decrypter.addIdentity(identity);
    try {
      return ok(await decrypter.decrypt(file));
    } catch {
      return fail("NoIdentity", "none of the age identities in the decryption Secret opens it");
    }
  };
}
