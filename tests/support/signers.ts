/**
 * Those who sign: the real gpg and ssh-keygen, each with keys of its own.
 *
 * @module
 */
import { captureText } from "../../tools/process.ts";
import type { GitSigner } from "./git_repository.ts";

/** A home of gpg with its keys; gone when disposed of. */
export interface PgpSigner extends AsyncDisposable {
  /** Its folder. */
  readonly home: string;
  /** Has git sign with a key. */
  gitSigner(name: string): Promise<GitSigner>;
  /** Runs gpg without asking anybody anything. */
  gpg(args: readonly string[], input?: string | Uint8Array<ArrayBuffer>): Promise<string>;
  /** Makes a key without a passphrase: `algorithm` as for `--quick-gen-key`. */
  makeKey(name: string, algorithm: string, options?: KeyOptions): Promise<void>;
  /** The armoured public key. */
  publicKey(name: string): Promise<string>;
  /** The id of the primary key, 16 hex digits. */
  keyId(name: string): Promise<string>;
  /** Signs bytes: `--armor --detach-sign` and `args`. */
  sign(payload: Uint8Array<ArrayBuffer>, name: string, ...args: string[]): Promise<string>;
}

/** When a key is made, and how long it is good. */
export interface KeyOptions {
  /** As for `--quick-gen-key`: `sign`, `cert`. */
  readonly usage?: string;
  /** `1y`, `never`. */
  readonly expires?: string;
  /** The clock that gpg sees: `20200101T000000`. */
  readonly time?: string;
}

/** Opens an empty home. */
export async function openPgpSigner(): Promise<PgpSigner> {
  // Not below a long path: gpg's agent listens on a socket in it.
  const home = await Deno.makeTempDir({ prefix: "gpg-" });
  await Deno.chmod(home, 0o700);
  const env = { GNUPGHOME: home, LC_ALL: "C" };
  const base = ["--batch", "--yes", "--quiet", "--no-tty", "--pinentry-mode=loopback"];
  async function gpg(
    args: readonly string[],
    input: string | Uint8Array<ArrayBuffer> = "",
  ): Promise<string> {
    const ran = await captureText(["gpg", ...base, "--passphrase=", ...args], { env, input });
    if (!ran.ok) throw new Error(ran.message);
    return ran.value;
  }
  return {
    home,
    async gitSigner(name) {
      const program = `${home}/gpg-of-this-home`;
      const script = `#!/bin/sh\nexec gpg --homedir ${home} ${
        base.join(" ")
      } --passphrase "" "$@"\n`;
      await Deno.writeTextFile(program, script, { mode: 0o700 });
      return { format: "openpgp", key: `${name}@example.com`, program };
    },
    gpg,
    async makeKey(name, algorithm, { usage = "sign", expires = "never", time } = {}) {
      const faked = time === undefined ? [] : [`--faked-system-time=${time}`];
      const who = `${name} <${name}@example.com>`;
      await gpg([...faked, "--quick-gen-key", who, algorithm, usage, expires]);
    },
    publicKey: (name) => gpg(["--armor", "--export", `${name}@example.com`]),
    async keyId(name) {
      const listed = await gpg(["--with-colons", "--list-keys", `${name}@example.com`]);
      return /^pub:[^:]*:[^:]*:[^:]*:([0-9A-F]{16}):/m.exec(listed)?.[1] ?? "";
    },
    sign: (payload, name, ...args) =>
      gpg(["--armor", "--local-user", `${name}@example.com`, ...args, "--detach-sign"], payload),
    async [Symbol.asyncDispose]() {
      await captureText(["gpgconf", "--kill", "all"], { env });
      await Deno.remove(home, { recursive: true });
    },
  };
}

/** SSH keys in a folder; gone when disposed of. */
export interface SshSigner extends AsyncDisposable {
  /** Where the keys are, under their names. */
  readonly folder: string;
  /** Has git sign with a key. */
  gitSigner(name: string): GitSigner;
  /** Makes a key without a passphrase: `args` as for ssh-keygen, `-t ed25519`. */
  makeKey(name: string, ...args: string[]): Promise<void>;
  /** The line for `authorized_keys`. */
  publicKey(name: string): Promise<string>;
  /** `SHA256:…`, as ssh-keygen prints it. */
  fingerprint(name: string): Promise<string>;
  /** Signs bytes: `-Y sign` and `args`, for the namespace `git` unless they say otherwise. */
  sign(payload: Uint8Array<ArrayBuffer>, name: string, ...args: string[]): Promise<string>;
  /** Runs ssh-keygen in the folder. */
  run(...args: string[]): Promise<string>;
  /** Whether ssh-keygen itself takes the signature for one of `publicKey`. */
  accepts(payload: Uint8Array<ArrayBuffer>, signature: string, publicKey: string): Promise<boolean>;
}

/** Opens an empty folder. */
export async function openSshSigner(): Promise<SshSigner> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-ssh-" });
  async function run(args: readonly string[], input?: Uint8Array<ArrayBuffer>): Promise<string> {
    const options = { cwd: folder, ...(input !== undefined && { input }) };
    const ran = await captureText(["ssh-keygen", ...args], options);
    if (!ran.ok) throw new Error(ran.message);
    return ran.value;
  }
  return {
    folder,
    gitSigner: (name) => ({ format: "ssh", key: `${folder}/${name}.pub` }),
    async makeKey(name, ...args) {
      await run(["-q", "-N", "", "-C", `${name}@example.com`, "-f", name, ...args]);
    },
    run: (...args) => run(args),
    publicKey: (name) => Deno.readTextFile(`${folder}/${name}.pub`),
    async fingerprint(name) {
      return (await run(["-l", "-f", `${name}.pub`])).split(" ")[1] ?? "";
    },
    sign: (payload, name, ...args) => {
      const namespace = args.includes("-n") ? [] : ["-n", "git"];
      return run(["-Y", "sign", "-f", name, ...namespace, ...args], payload);
    },
    async accepts(payload, signature, publicKey) {
      await Deno.writeTextFile(`${folder}/signers`, `somebody ${publicKey}`);
      await Deno.writeTextFile(`${folder}/signature`, signature);
      const args = ["-f", "signers", "-I", "somebody", "-n", "git", "-s", "signature"];
      const ran = await captureText(["ssh-keygen", "-Y", "verify", ...args], {
        cwd: folder,
        input: payload,
      });
      return ran.ok;
    },
    async [Symbol.asyncDispose]() {
      await Deno.remove(folder, { recursive: true });
    },
  };
}
