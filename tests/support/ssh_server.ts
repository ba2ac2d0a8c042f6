/**
 * A real SSH server for tests: OpenSSH's sshd on loopback, with git behind a forced command.
 *
 * @module
 */
import { removeFolder } from "../../tools/controlplane/cache_folder.ts";
import { Background, captureText } from "../../tools/process.ts";
import { freePort } from "../../tools/free_port.ts";
import { openRepository, type TestRepository } from "./git_repository.ts";
import { readProcessTree } from "./processes.ts";
import {
  type CertificateOptions,
  makeSshKey,
  signSshKey,
  type SshKey,
  type SshKeyOptions,
} from "./ssh_keys.ts";

/**
 * What the forced command does: git's part, silence, half of git's part, noise, or a complaint on standard
 * error.
 */
export type SshServerMode = "serve" | "hang" | "cut" | "noise" | "complain";

/** How to start a server. */
export interface SshServerOptions {
  /** The server's keys; one of ed25519 when absent. */
  readonly hostKeys?: readonly SshKeyOptions[];
  /** Who signs its keys, and what the certificates say; none when absent. */
  readonly certificates?: CertificateOptions & { readonly authority: SshKey };
  /** Whether clients may choose git's protocol. */
  readonly allowsProtocol?: boolean;
  /** Further lines for `sshd_config`. */
  readonly config?: readonly string[];
}

/** Where `complain` mode and paths that leave nothing to the shell are put on record. */
const FORCED = `#!/bin/sh
printf '%s\\n' "$SSH_ORIGINAL_COMMAND" >>"$1/commands"
read -r mode <"$1/mode"
case "$mode" in
serve) exec git shell -c "$SSH_ORIGINAL_COMMAND" ;;
hang) exec cat >/dev/null ;;
cut) git shell -c "$SSH_ORIGINAL_COMMAND" | { dd bs=1 count=1500 status=none; kill -KILL 0; } ;;
noise) exec head -c 200000 "$1/noise" ;;
complain) cat "$1/complaint" >&2; exit 1 ;;
esac
`;

/** Starts a server that lets the owner of any key in `allow` in. */
export async function startSshServer(options: SshServerOptions = {}): Promise<SshServer> {
  // OpenSSH wants this folder when it is root's.
  if (Deno.uid() === 0) await Deno.mkdir("/run/sshd", { recursive: true });
  const folder = await Deno.makeTempDir({ prefix: "sluice-sshd-" });
  const hostKeys = await Promise.all((options.hostKeys ?? [{}]).map(makeSshKey));
  const { certificates } = options;
  const signed = await Promise.all(
    certificates === undefined
      ? []
      : hostKeys.map((key) => signSshKey(certificates.authority, key.publicKey, certificates)),
  );
  const server = new SshServer(folder, { hostKeys, certificates: signed }, options);
  await server.start();
  return server;
}

/** Ports that are tried. */
const ATTEMPTS = 4;

/** A server; stops and removes its repositories when disposed of. */
export class SshServer implements AsyncDisposable {
  /** Who we log in as: whoever runs the tests. */
  user = "";
  /** Port on loopback. */
  port = 0;
  readonly #folder: string;
  readonly #hostKeys: readonly SshKey[];
  readonly #certificates: readonly string[];
  readonly #options: SshServerOptions;
  #sshd: Background | undefined;

  /** Use {@linkcode startSshServer}. */
  constructor(
    folder: string,
    { hostKeys, certificates }: {
      readonly hostKeys: readonly SshKey[];
      readonly certificates: readonly string[];
    },
    options: SshServerOptions,
  ) {
    this.#folder = folder;
    this.#hostKeys = hostKeys;
    this.#certificates = certificates;
    this.#options = options;
  }

  /** Lines that vouch for this server. */
  get knownHosts(): string {
    const name = `[127.0.0.1]:${this.port}`;
    return this.#hostKeys.map(({ publicKey }) => `${name} ${publicKey}\n`).join("");
  }

  /** The certificates of its keys, as they stand on the wire. */
  get certificates(): readonly Uint8Array<ArrayBuffer>[] {
    return this.#certificates.map((line) => Uint8Array.fromBase64(line.split(" ")[1] ?? ""));
  }

  /** Lets the owner of a key in, and nobody that was let in before. */
  async allow(...keys: readonly SshKey[]): Promise<void> {
    const lines = keys.map(({ publicKey }) => `${publicKey}\n`).join("");
    await Deno.writeTextFile(`${this.#folder}/authorized_keys`, lines);
  }

  /** What later programs do; `complaint` is what they say in mode `complain`. */
  async setMode(mode: SshServerMode, complaint = ""): Promise<void> {
    await Deno.writeTextFile(`${this.#folder}/complaint`, complaint);
    await Deno.writeTextFile(`${this.#folder}/mode`, `${mode}\n`);
  }

  /** The commands that clients sent, oldest first; they are forgotten. */
  async takeCommands(): Promise<string[]> {
    const path = `${this.#folder}/commands`;
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, "");
    return text.split("\n").filter((line) => line !== "");
  }

  /** Makes an empty repository. */
  createRepository(name: string, objectFormat?: "sha256"): Promise<TestRepository> {
    const bareFolder = `${this.#folder}/served/${name}.git`;
    return openRepository({
      name,
      url: this.urlOf(bareFolder),
      bareFolder,
      workFolder: `${this.#folder}/work/${name}`,
      ...(objectFormat !== undefined && { objectFormat }),
    });
  }

  /** The address of a repository, also of one that another server serves. */
  urlOf(gitFolder: string): string {
    const path = gitFolder.split("/").map(encodeURIComponent).join("/");
    return `ssh://${this.user}@127.0.0.1:${this.port}${path}`;
  }

  /** Starts it. */
  async start(): Promise<void> {
    this.user = (await run("id", "-un")).trim();
    for (let attempt = 1;; attempt++) {
      this.port = freePort();
      await this.#writeFiles();
      const failed = await this.#listen();
      if (failed === undefined) return;
      const isUnlucky = /Address already in use/.test(failed);
      if (!isUnlucky || attempt === ATTEMPTS) throw new Error(`sshd does not start: ${failed}`);
    }
  }

  /** Waits until sshd listens; gives what it says when it ends instead. */
  async #listen(): Promise<string | undefined> {
    const command = [await findSshd(), "-D", "-e", "-f", `${this.#folder}/sshd_config`];
    const listening = Promise.withResolvers<void>();
    const sshd = new Background("sshd", command, {
      onLine: (line) => {
        if (/Server listening/.test(line)) listening.resolve();
      },
    });
    this.#sshd = sshd;
    const ended = sshd.ended.then(() => sshd.lastLines.join("; "));
    return await Promise.race([listening.promise.then(() => undefined), ended]);
  }

  /** Takes no more connections and ends those that stand. */
  async stop(): Promise<void> {
    const sshd = this.#sshd;
    this.#sshd = undefined;
    if (sshd === undefined) return;
    // Each connection has a process with a session of its own, which the end of the server does not reach.
    const processes = await readProcessTree(sshd.pid);
    const connections = processes.filter(({ command }) => command.startsWith("sshd: "));
    for (const { pid } of connections) killQuietly(pid);
    await sshd.stop();
  }

  /** Stops it and removes what it served. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await removeFolder(this.#folder);
  }

  async #writeFiles(): Promise<void> {
    const folder = this.#folder;
    for (const [index, { identity }] of this.#hostKeys.entries()) {
      await Deno.writeTextFile(`${folder}/host_${index}`, identity, { mode: 0o600 });
    }
    for (const [index, certificate] of this.#certificates.entries()) {
      await Deno.writeTextFile(`${folder}/host_${index}-cert.pub`, `${certificate}\n`);
    }
    await Deno.writeTextFile(`${folder}/forced`, FORCED, { mode: 0o755 });
    await Deno.writeTextFile(`${folder}/noise`, "0123 noise without end\n".repeat(10_000));
    for (const file of ["commands", "authorized_keys"]) {
      await Deno.writeTextFile(`${folder}/${file}`, "", { append: true });
    }
    await this.setMode("serve");
    const lines = [
      `Port ${this.port}`,
      "ListenAddress 127.0.0.1",
      ...this.#hostKeys.map((_, index) => `HostKey ${folder}/host_${index}`),
      ...this.#certificates.map((_, index) => `HostCertificate ${folder}/host_${index}-cert.pub`),
      "PidFile none",
      `AuthorizedKeysFile ${folder}/authorized_keys`,
      "StrictModes no",
      "UsePAM no",
      "PasswordAuthentication no",
      "PermitRootLogin yes",
      "MaxStartups 100",
      // The shell reads settings of whoever runs the tests; here it finds none.
      `SetEnv HOME=${folder} GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1`,
      ...(this.#options.allowsProtocol === false ? [] : ["AcceptEnv GIT_PROTOCOL"]),
      `ForceCommand ${folder}/forced ${folder}`,
      ...this.#options.config ?? [],
    ];
    await Deno.writeTextFile(`${folder}/sshd_config`, `${lines.join("\n")}\n`);
  }
}

function killQuietly(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch {
    // It ended meanwhile.
  }
}

/** sshd insists on being called by its full path. */
async function findSshd(): Promise<string> {
  return (await run("sh", "-c", "PATH=$PATH:/usr/sbin:/usr/local/sbin command -v sshd")).trim();
}

async function run(...command: readonly string[]): Promise<string> {
  const printed = await captureText(command);
  if (!printed.ok) throw new Error(printed.message);
  return printed.value;
}
