/**
 * Somebody with an SSH key who signs commits and tags, without ssh-keygen (OpenSSH's PROTOCOL.sshsig).
 *
 * @module
 */
import { joinBytes } from "../base/mod.ts";
import { sshString } from "../ssh/mod.ts";

/** A key, and what it signs. */
export interface SshTestSigner {
  /** The line for `authorized_keys`. */
  readonly publicKey: string;
  /** An armoured signature for the namespace `git`. */
  sign(payload: Uint8Array): Promise<string>;
  /** A commit with its signature in its header. */
  signCommit(commit: Uint8Array): Promise<Uint8Array>;
  /** A tag with its signature at its end. */
  signTag(tag: Uint8Array): Promise<Uint8Array>;
}

const TYPE = "ssh-ed25519";

/** Makes a key. */
export async function makeSshSigner(): Promise<SshTestSigner> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  if (!("publicKey" in pair)) throw new TypeError("Ed25519 keys are pairs");
  const { privateKey, publicKey } = pair;
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
  const blob = joinBytes(sshString(TYPE), sshString(point));
  const common = joinBytes(sshString("git"), sshString(""), sshString("sha512"));

  async function sign(payload: Uint8Array): Promise<string> {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-512", joinBytes(payload)));
    const signed = joinBytes("SSHSIG", common, sshString(digest));
    const bytes = new Uint8Array(await crypto.subtle.sign("Ed25519", privateKey, signed));
    const signature = sshString(joinBytes(sshString(TYPE), sshString(bytes)));
    const all = joinBytes(
      "SSHSIG",
      new Uint8Array([0, 0, 0, 1]),
      sshString(blob),
      common,
      signature,
    );
    const body = all.toBase64().replace(/.{70}/g, "$&\n");
    return `-----BEGIN SSH SIGNATURE-----\n${body}\n-----END SSH SIGNATURE-----\n`;
  }
  return {
    publicKey: `${TYPE} ${blob.toBase64()} tester`,
    sign,
    async signCommit(commit) {
      const text = new TextDecoder().decode(commit);
      const at = text.indexOf("\n\n") + 1;
      const header = `gpgsig ${(await sign(commit)).trimEnd().replaceAll("\n", "\n ")}\n`;
      return joinBytes(text.slice(0, at), header, text.slice(at));
    },
    signTag: async (tag) => joinBytes(tag, await sign(tag)),
  };
}
