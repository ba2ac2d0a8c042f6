/**
 * Lists of SSH keys: the lines of an `authorized_keys` file (sshd(8)).
 *
 * @module
 */
import { fail, ok, type Result } from "../base/mod.ts";
import { parseSshKey, SshFormatError, type SshKey, SshReader } from "../ssh/mod.ts";

const MOST_KEYS = 1000;
/** Words of a line: options, key type, key; a quoted part may hold spaces. */
const WORDS = /(?:"(?:\\.|[^"\\])*"|[^\s"])+/g;
const TYPE = /^[a-z0-9][a-z0-9.@-]*$/;

/**
 * Reads the keys; a line that is none spoils the list, so that no typing error goes unnoticed.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB9CR2YjlqMQ4vPeyEqN4FLh/uEptyNzDOLZ3JEukty8 me";
 * const keys = await parseAuthorizedKeys(`# who may sign\n${line}\n`);
 * assert.equal(keys.ok && keys.value.length, 1);
 * ```
 */
export async function parseAuthorizedKeys(text: string): Promise<Result<readonly SshKey[]>> {
  const keys: SshKey[] = [];
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const key = keys.length < MOST_KEYS
      ? await parseLine(line)
      : fail("InvalidKeys", `there are more than ${MOST_KEYS} keys`);
    if (key.ok) keys.push(key.value);
    else {
      const where = `unable to parse authorized keys: line ${index + 1}: `;
      return fail("InvalidKeys", where + key.message);
    }
  }
  return ok(keys);
}

async function parseLine(line: string): Promise<Result<SshKey>> {
  const [first = "", second = "", third = ""] = line.match(WORDS) ?? [];
  const hasOptions = blobOf(second) === undefined || !TYPE.test(first);
  const [type, encoded] = hasOptions ? [second, third] : [first, second];
  if (hasOptions && /(^|,)cert-authority(,|$)/i.test(first)) {
    return fail(
      "InvalidKeys",
      "certificate authorities are not supported: list the keys themselves",
    );
  }
  const blob = blobOf(encoded);
  if (blob === undefined || !TYPE.test(type)) return fail("InvalidKeys", "it is no public key");
  try {
    if (new SshReader(blob).name() !== type) {
      return fail("InvalidKeys", `the key is not of the type ${type}`);
    }
    return ok(await parseSshKey(blob));
  } catch (thrown) {
    if (thrown instanceof SshFormatError) return fail("InvalidKeys", thrown.message);
    throw thrown;
  }
}

/** A key is base64, and begins with the length of its type's name. */
function blobOf(encoded: string): Uint8Array<ArrayBuffer> | undefined {
  if (!encoded.startsWith("AAAA")) return undefined;
  try {
    return Uint8Array.fromBase64(encoded);
  } catch {
    return undefined;
  }
}
