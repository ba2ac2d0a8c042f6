/**
 * The keys of a decryption Secret (contract/kustomize.md §4).
 *
 * @module
 */
import { fail, ok, type Result } from "../base/mod.ts";
import { parsePrivateKeys, type PgpPrivateKey } from "../crypt/mod.ts";
import { type KeyServices, openWithAge, openWithPgp, parseIdentities } from "../sops/mod.ts";
import type { SecretData } from "./credentials.ts";

/**
 * Who opens what with the entries of a Secret: `*.agekey` holds age identities, `*.asc` PGP private keys.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const got = await readKeyServices(new Map([["a.agekey", "?"]]), "apps/keys");
 * assert.match(got.ok ? "" : got.message, /^failed to import 'a.agekey' data from sops decryption Secret 'apps\/keys'/);
 * ```
 */
export async function readKeyServices(
  data: SecretData,
  secretName: string,
): Promise<Result<KeyServices>> {
  const identities: string[] = [];
  const pgpKeys: PgpPrivateKey[] = [];
  for (const [name, text] of data) {
    const read = name.endsWith(".agekey")
      ? take(parseIdentities(text), identities)
      : name.endsWith(".asc")
      ? take(await parsePrivateKeys(text), pgpKeys)
      : ok(undefined);
    if (read.ok) continue;
    // In Flux's words.
    const what = `failed to import '${name}' data from sops decryption Secret '${secretName}'`;
    return fail("InvalidKeys", `${what}: ${read.message}`, read);
  }
  return ok({
    ...(identities.length > 0 && { age: openWithAge(identities) }),
    ...(pgpKeys.length > 0 && { pgp: openWithPgp(pgpKeys) }),
  });
}

function take<T>(parsed: Result<readonly T[]>, into: T[]): Result<void> {
  if (!parsed.ok) return parsed;
  into.push(...parsed.value);
  return ok(undefined);
}
