/**
 * A git client in front of a real SSH server with one repository, for the tests of the client.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Budget, defaultBudget } from "../../lib/base/mod.ts";
import { type Credentials, type GitClient, openGit } from "../../lib/git/mod.ts";
import { openHttp } from "../../lib/http/mod.ts";
import { openSsh, type SshOptions } from "../../lib/ssh/mod.ts";
import type { TestRepository } from "./git_repository.ts";
import { makeSshKey, type SshKey, type SshKeyOptions } from "./ssh_keys.ts";
import { type SshServer, type SshServerOptions, startSshServer } from "./ssh_server.ts";

/** The branch that tests ask for. */
export const MAIN = { branch: "main" };

/** A server, who is let in, and a client. */
export interface SshScene extends AsyncDisposable {
  /** The server. */
  readonly server: SshServer;
  /** Whom it lets in. */
  readonly key: SshKey;
  /** What it serves. */
  readonly repo: TestRepository;
  /** The client. */
  readonly git: GitClient;
  /** The client's login. */
  readonly login: Credentials;
}

/** A server with one repository, a key that it lets in, and a client. */
export async function openSshScene(
  { server: serverOptions, key: keyOptions, ssh: sshOptions }: {
    server?: SshServerOptions;
    key?: SshKeyOptions;
    ssh?: SshOptions;
  } = {},
): Promise<SshScene> {
  const server = await startSshServer(serverOptions);
  const key = await makeSshKey(keyOptions);
  await server.allow(key);
  const repo = await server.createRepository("app");
  await repo.commit({ files: { "a.yaml": "a: 1\n" } });
  const http = openHttp();
  const ssh = openSsh(sshOptions);
  const passphrase = keyOptions?.passphrase;
  return {
    server,
    key,
    repo,
    git: openGit({ http, ssh }),
    login: {
      identity: key.identity,
      knownHosts: server.knownHosts,
      ...(passphrase !== undefined && { passphrase }),
    },
    async [Symbol.asyncDispose]() {
      await ssh[Symbol.asyncDispose]();
      await http[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** A budget that ends after a time. */
export function limited(milliseconds: number): Budget {
  return defaultBudget(AbortSignal.timeout(milliseconds));
}

/** The commit at the end of the branch; the test fails where it is not to be had. */
export async function fetchBranch(git: GitClient, url: string, login: Credentials | undefined) {
  const budget = limited(60_000);
  const ref = await git.listRef(url, MAIN, login, budget);
  assert.ok(ref.ok, ref.ok ? "" : ref.message);
  const commit = await git.fetchTree(url, ref.value, login, budget);
  assert.ok(commit.ok, commit.ok ? "" : commit.message);
  return commit.value;
}

/** Its files, a text for each. */
export function listing({ tree }: Awaited<ReturnType<typeof fetchBranch>>): string[] {
  return [...tree].map(([path, file]) => `${path} ${new TextDecoder().decode(file.read())}`);
}
