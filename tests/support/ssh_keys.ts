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

/** What a certificate says. */
export interface CertificateOptions {
  /** Whom it speaks of; nobody when empty. */
  readonly principals?: readonly string[];
  /** For users instead of hosts. */
  readonly isForUsers?: boolean;
  /** As ssh-keygen reads it: `always:forever`. */
  readonly validity?: string;
  /** Further words for ssh-keygen. */
  readonly options?: readonly string[];
}

/** The certificate of a public key, by the real ssh-keygen: a line as in `k-cert.pub`, without a comment. */
export async function signSshKey(
  authority: SshKey,
  publicKey: string,
  { principals = ["127.0.0.1"], isForUsers = false, validity, options = [] }: CertificateOptions =
    {},
): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-key-" });
  await Deno.writeTextFile(`${folder}/ca`, authority.identity, { mode: 0o600 });
  await Deno.writeTextFile(`${folder}/k.pub`, `${publicKey}\n`);
  const command = ["ssh-keygen", "-q", "-s", `${folder}/ca`, "-I", "test", ...options];
  if (!isForUsers) command.push("-h");
  if (principals.length > 0) command.push("-n", principals.join(","));
  if (validity !== undefined) command.push("-V", validity);
  const made = await captureText([...command, `${folder}/k.pub`]);
  if (!made.ok) throw new Error(made.message);
  const [type, encoded] = (await Deno.readTextFile(`${folder}/k-cert.pub`)).split(" ");
  await Deno.remove(folder, { recursive: true });
  return `${type} ${encoded?.trim()}`;
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
