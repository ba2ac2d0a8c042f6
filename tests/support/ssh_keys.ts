/**
 * SSH keys for tests, made by the real ssh-keygen.
 *
 * @module
 */
import { captureText } from "../../tools/process.ts";

/** A pair of keys. */
export interface SshKey {
  /** As in the file `identity`. */
  readonly identity: string;
  /** `ssh-ed25519 AAAA…`, without a comment. */
  readonly publicKey: string;
}

/** What key to make. */
export interface SshKeyOptions {
  /** `ed25519` when absent. */
  readonly type?: "ed25519" | "ecdsa" | "rsa";
  /** Length, where the type leaves a choice. */
  readonly bits?: number;
  /** Protects the private half. */
  readonly passphrase?: string;
  /** `PEM` and `PKCS8` are older forms; OpenSSH's own when absent. */
  readonly form?: "PEM" | "PKCS8";
  /** Rounds of bcrypt that protect it. */
  readonly rounds?: number;
}

/** Makes a pair of keys. */
export async function makeSshKey(options: SshKeyOptions = {}): Promise<SshKey> {
  const { type = "ed25519", bits, passphrase = "", form, rounds } = options;
  const folder = await Deno.makeTempDir({ prefix: "sluice-key-" });
  const command = ["ssh-keygen", "-q", "-t", type, "-N", passphrase, "-C", "", "-f", `${folder}/k`];
  if (bits !== undefined) command.push("-b", String(bits));
  if (form !== undefined) command.push("-m", form);
  if (rounds !== undefined) command.push("-a", String(rounds));
  const made = await captureText(command);
  if (!made.ok) throw new Error(made.message);
  const identity = await Deno.readTextFile(`${folder}/k`);
  const publicKey = (await Deno.readTextFile(`${folder}/k.pub`)).trim();
  await Deno.remove(folder, { recursive: true });
  return { identity, publicKey };
}

/** The same lines with hashed names, as `HashKnownHosts` leaves them. */
export async function hashKnownHosts(lines: string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-key-" });
  await Deno.writeTextFile(`${folder}/known_hosts`, lines);
  const hashed = await captureText(["ssh-keygen", "-q", "-H", "-f", `${folder}/known_hosts`]);
  if (!hashed.ok) throw new Error(hashed.message);
  const text = await Deno.readTextFile(`${folder}/known_hosts`);
  await Deno.remove(folder, { recursive: true });
  return text;
}
