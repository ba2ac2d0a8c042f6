/**
 * Keys that may sign, as a Secret holds them.
 *
 * @module
 */
import type { Failure, Result } from "../base/mod.ts";
import { parseAuthorizedKeys } from "./authorized_keys.ts";
import { parseKeyRing, type PgpKey } from "./pgp.ts";
import type { SshKey } from "../ssh/mod.ts";

/** The keys of one kind. */
export interface Ring<Key> {
  /** All that could be read. */
  readonly keys: readonly Key[];
  /** Why there are none, when no entry could be read. */
  readonly failure?: Failure;
}

/** Keys that may sign, by kind. */
export interface KeyRings {
  /** OpenPGP. */
  readonly pgp: Ring<PgpKey>;
  /** SSH. */
  readonly ssh: Ring<SshKey>;
}

/** Entries of this name hold `authorized_keys` lines; all others armoured OpenPGP keys. */
const SSH_SUFFIX = ".sshpub";

/**
 * Reads the entries of a Secret. One that cannot be read does not hide the others (as in Flux).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const me = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB9CR2YjlqMQ4vPeyEqN4FLh/uEptyNzDOLZ3JEukty8 me";
 * const rings = await readKeyRings(new Map([["me.sshpub", me], ["broken.asc", "?"]]));
 * assert.equal(rings.ssh.keys.length, 1);
 * assert.equal(rings.pgp.failure?.code, "InvalidKeys");
 * ```
 */
export async function readKeyRings(entries: ReadonlyMap<string, string>): Promise<KeyRings> {
  const isSsh = (name: string) => name.endsWith(SSH_SUFFIX);
  const names = [...entries.keys()].sort();
  const textOf = (name: string) => entries.get(name) ?? "";
  return {
    pgp: await readRing(names.filter((name) => !isSsh(name)).map(textOf), parseKeyRing),
    ssh: await readRing(names.filter(isSsh).map(textOf), parseAuthorizedKeys),
  };
}

async function readRing<Key>(
  texts: readonly string[],
  parse: (text: string) => Promise<Result<readonly Key[]>>,
): Promise<Ring<Key>> {
  const keys: Key[] = [];
  let readable = 0;
  let failure: Failure | undefined;
  for (const text of texts) {
    const parsed = await parse(text);
    if (parsed.ok) {
      readable++;
      keys.push(...parsed.value);
    } else failure ??= parsed;
  }
  return readable === 0 && failure !== undefined ? { keys, failure } : { keys };
}
