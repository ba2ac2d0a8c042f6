/**
 * The key that signs the demo's commits, and git's opinion of what it signed.
 *
 * @module
 */
import { fail, joinBytes, messageOf, ok, type Result } from "../../lib/base/mod.ts";
import { sshString } from "../../lib/ssh/mod.ts";
import { captureText } from "../process.ts";

/** A key of this run alone. */
export interface SigningKey {
  /** The private half, PEM. */
  readonly identity: string;
  /** The public half, as in `authorized_keys`. */
  readonly publicKey: string;
}

const TYPE = "ssh-ed25519";

/** Makes a key, without the help of any program. */
export async function makeSigningKey(): Promise<SigningKey> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  if (!("publicKey" in pair)) throw new TypeError("Ed25519 keys are pairs");
  const secret = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const blob = joinBytes(sshString(TYPE), sshString(point));
  return {
    identity: `-----BEGIN PRIVATE KEY-----\n${secret.toBase64()}\n-----END PRIVATE KEY-----\n`,
    publicKey: `${TYPE} ${blob.toBase64()}`,
  };
}

/** What git says of a commit's signature when it trusts `publicKey`: `G` for a good one (git-log, `%G?`). */
export async function checkSignature(
  gitFolder: string,
  commit: string,
  publicKey: string,
): Promise<Result<string>> {
  const trusted = await Deno.makeTempFile({ prefix: "sluice-demo-" });
  try {
    await Deno.writeTextFile(trusted, `* ${publicKey}\n`);
    const settings = ["-c", `gpg.ssh.allowedSignersFile=${trusted}`];
    const said = await captureText(
      ["git", ...settings, "-C", gitFolder, "log", "-1", "--format=%G?", commit],
    );
    return said.ok ? ok(said.value.trim()) : said;
  } catch (error) {
    return fail("CannotCheck", messageOf(error), error);
  } finally {
    await Deno.remove(trusted);
  }
}
