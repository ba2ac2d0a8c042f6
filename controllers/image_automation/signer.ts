/**
 * Who signs the commits of an automation.
 *
 * @module
 */
import type { ImageUpdateAutomation } from "../../crds/mod.ts";
import { fail, ok, type Result } from "../../lib/base/mod.ts";
import type { Signer } from "../../lib/crypt/mod.ts";
import { type AutomationContext, nameOf } from "./context.ts";

/** Opens the key that `spec.git.commit.signingKey` names; nothing when it names none. */
export async function openSigner(
  automation: ImageUpdateAutomation,
  ctx: Pick<AutomationContext, "readSecret" | "readPgpSigner" | "readSshSigner">,
): Promise<Result<Signer | undefined>> {
  const signingKey = automation.spec.git?.commit.signingKey;
  if (signingKey === undefined) return ok(undefined);
  const { name } = signingKey.secretRef;
  const secret = await ctx.readSecret(nameOf(automation).namespace, name);
  if (!secret.ok) {
    const why = `could not find signing key secret '${name}': ${secret.message}`;
    return fail(secret.code, why, secret);
  }
  const isSsh = signingKey.type === "ssh";
  const key = secret.value.get(isSsh ? "identity" : "git.asc");
  if (key === undefined) {
    const why = `signing key secret '${name}' does not contain a '${
      isSsh ? "identity" : "git.asc"
    }' key`;
    return fail("InvalidKeys", why);
  }
  const passphrase = secret.value.get(isSsh ? "password" : "passphrase");
  const signer =
    await (isSsh ? ctx.readSshSigner(key, passphrase) : ctx.readPgpSigner(key, passphrase));
  return signer.ok
    ? signer
    : fail(signer.code, `signing key secret '${name}': ${signer.message}`, signer);
}
