/**
 * The git client over SSH, against OpenSSH's sshd and git's own upload-pack.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Budget, defaultBudget } from "../../lib/base/mod.ts";
import { type Credentials, type GitClient, openGit } from "../../lib/git/mod.ts";
import { openHttp } from "../../lib/http/mod.ts";
import { openSsh, type SshOptions } from "../../lib/ssh/mod.ts";
import { startGitServer } from "../support/git_server.ts";
import type { TestRepository } from "../support/git_repository.ts";
import { lacks } from "../support/requirements.ts";
import {
  hashKnownHosts,
  makeSshKey,
  type SshKey,
  type SshKeyOptions,
} from "../support/ssh_keys.ts";
import { type SshServer, type SshServerOptions, startSshServer } from "../support/ssh_server.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";

const ignore = lacks("git", "install git") || lacks("sshd", "install openssh-server");
const MAIN = { branch: "main" };

interface Scene extends AsyncDisposable {
  readonly server: SshServer;
  readonly key: SshKey;
  readonly repo: TestRepository;
  readonly git: GitClient;
  readonly login: Credentials;
}

/** A server with one repository, a key that it lets in, and a client. */
async function openScene(
  { server: serverOptions, key: keyOptions, ssh: sshOptions }: {
    server?: SshServerOptions;
    key?: SshKeyOptions;
    ssh?: SshOptions;
  } = {},
): Promise<Scene> {
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

function limited(milliseconds: number): Budget {
  return defaultBudget(AbortSignal.timeout(milliseconds));
}

Deno.test({ name: "a commit over SSH is the commit over HTTP", ignore }, async () => {
  await using scene = await openScene();
  await using web = await startGitServer();
  const { git, repo, login } = scene;
  await repo.commit({
    files: { "deploy/b.yaml": "b: 1\n".repeat(5_000), "bin/run": "#!/bin/sh\n" },
  });
  const id = await repo.commit({ files: { "deploy/b.yaml": "b: 2\n".repeat(5_000) } });
  const url = await web.serveRepository("app", repo.bareFolder);

  const [one, two] = await Promise.all([
    fetchBranch(git, repo.url, login),
    fetchBranch(git, url, undefined),
  ]);

  assert.equal(one.revision, `main@sha1:${id}`);
  assert.deepEqual(listing(one), listing(two));
  assert.equal(listing(one).length, 3);
});

const keys: { name: string; key: SshKeyOptions }[] = [
  { name: "ed25519", key: {} },
  { name: "ed25519 with a passphrase", key: { passphrase: "open sesame" } },
  { name: "ecdsa of 256 bits", key: { type: "ecdsa" } },
  {
    name: "ecdsa of 521 bits, in PEM, with a passphrase",
    key: { type: "ecdsa", bits: 521, form: "PEM", passphrase: "sesame" },
  },
  { name: "ecdsa of 384 bits, in PKCS #8", key: { type: "ecdsa", bits: 384, form: "PKCS8" } },
  { name: "rsa", key: { type: "rsa", bits: 3072 } },
  { name: "rsa in PEM", key: { type: "rsa", bits: 2048, form: "PEM" } },
  { name: "rsa in PKCS #8", key: { type: "rsa", bits: 2048, form: "PKCS8" } },
  { name: "rsa with a passphrase", key: { type: "rsa", bits: 2048, passphrase: "sesame" } },
];

for (const { name, key } of keys) {
  Deno.test({ name: `a key of type ${name} lets in`, ignore }, async () => {
    await using scene = await openScene({ key });

    const got = await scene.git.listRef(scene.repo.url, MAIN, scene.login, limited(30_000));

    assert.ok(got.ok, got.ok ? "" : got.message);
  });
}

Deno.test(
  { name: "an ed25519 key in PKCS #8, as OpenSSL writes it, lets in", ignore },
  async () => {
    await using scene = await openScene();
    const { generateKeyPairSync } = await import("node:crypto");
    const pair = generateKeyPairSync("ed25519");
    const identity = String(pair.privateKey.export({ format: "pem", type: "pkcs8" }));
    const { x = "" } = pair.publicKey.export({ format: "jwk" });
    const point = Uint8Array.fromBase64(x, { alphabet: "base64url" });
    const head = [0, 0, 0, 11, ...new TextEncoder().encode("ssh-ed25519"), 0, 0, 0, 32];
    const publicKey = `ssh-ed25519 ${new Uint8Array([...head, ...point]).toBase64()}`;
    await scene.server.allow({ identity, publicKey });

    const login = { ...scene.login, identity };
    const got = await scene.git.listRef(scene.repo.url, MAIN, login, limited(30_000));

    assert.ok(got.ok, got.ok ? "" : got.message);
  },
);

const hostKeys: { name: string; hostKeys: SshKeyOptions[]; code: string | undefined }[] = [
  { name: "ed25519", hostKeys: [{}], code: undefined },
  { name: "ecdsa", hostKeys: [{ type: "ecdsa", bits: 521 }], code: undefined },
  { name: "rsa of 4096 bits", hostKeys: [{ type: "rsa", bits: 4096 }], code: undefined },
  { name: "rsa of 1024 bits", hostKeys: [{ type: "rsa", bits: 1024 }], code: "WeakKey" },
];

for (const { name, hostKeys: made, code } of hostKeys) {
  const ending = code === undefined ? "is accepted" : "is refused";
  Deno.test({ name: `a host key of type ${name} ${ending}`, ignore }, async () => {
    const config = ["RequiredRSASize 1024"];
    await using scene = await openScene({ server: { hostKeys: made, config } });

    const got = await scene.git.listRef(scene.repo.url, MAIN, scene.login, limited(30_000));

    assert.equal(got.ok ? undefined : got.code, code);
  });
}

Deno.test(
  { name: "a host with several keys is asked for the one that is known", ignore },
  async () => {
    const hostKeys = [{}, { type: "ecdsa" as const }, { type: "rsa" as const, bits: 2048 }];
    await using scene = await openScene({ server: { hostKeys } });

    for (const line of scene.server.knownHosts.trim().split("\n")) {
      const login = { ...scene.login, knownHosts: line };
      const got = await scene.git.listRef(scene.repo.url, MAIN, login, limited(30_000));

      assert.ok(got.ok, `${line}: ${got.ok ? "" : got.message}`);
    }
  },
);

const refusals: {
  name: string;
  login: (scene: Scene) => Promise<Partial<Credentials>> | Partial<Credentials>;
  want: readonly [code: string, message: string];
}[] = [
  {
    name: "another key of the host",
    async login({ server }) {
      const { publicKey } = await makeSshKey();
      return { knownHosts: `[127.0.0.1]:${server.port} ${publicKey}` };
    },
    want: ["HostKeyRejected", "ssh: handshake failed: knownhosts: key mismatch"],
  },
  {
    name: "nothing of the host",
    login: ({ server }) => ({ knownHosts: server.knownHosts.replace("127.0.0.1", "127.0.0.2") }),
    want: ["HostKeyRejected", "ssh: handshake failed: knownhosts: key is unknown"],
  },
  {
    name: "the host's key as revoked",
    login: ({ server }) => ({
      knownHosts: `@revoked * ${server.knownHosts.split(" ").slice(1).join(" ")}`,
    }),
    want: ["HostKeyRejected", "ssh: handshake failed: knownhosts: key is revoked"],
  },
  {
    name: "an authority's key only",
    async login({ server }) {
      const { publicKey } = await makeSshKey();
      return { knownHosts: `@cert-authority [127.0.0.1]:${server.port} ${publicKey}` };
    },
    want: [
      "HostKeyRejected",
      "ssh: handshake failed: knownhosts: key is unknown: only a @cert-authority line names this " +
      "host, and host certificates are not supported",
    ],
  },
  {
    name: "lines that cannot be read",
    login: () => ({ knownHosts: "127.0.0.1 nonsense" }),
    want: ["InvalidKnownHosts", "knownhosts: no key in a line"],
  },
  {
    name: "a key that the host does not let in",
    login: async () => ({ identity: (await makeSshKey()).identity }),
    want: [
      "Unauthorized",
      "ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], " +
      "no supported methods remain",
    ],
  },
  {
    name: "a key without its passphrase",
    login: async () => ({ identity: (await makeSshKey({ passphrase: "sesame" })).identity }),
    want: ["InvalidCredentials", "ssh: this private key is passphrase protected"],
  },
  {
    name: "a key with another passphrase",
    login: async () => ({
      identity: (await makeSshKey({ passphrase: "sesame" })).identity,
      passphrase: "barley",
    }),
    want: ["InvalidCredentials", "x509: decryption password incorrect"],
  },
  {
    name: "a key that takes minutes to open",
    login: async () => ({
      identity: (await makeSshKey({ passphrase: "sesame", rounds: 129 })).identity,
      passphrase: "sesame",
    }),
    want: ["InvalidCredentials", "ssh: the key takes 129 rounds to open, more than 128"],
  },
  {
    name: "a public key instead of a private one",
    login: ({ key }) => ({ identity: key.publicKey }),
    want: ["InvalidCredentials", "ssh: no key found"],
  },
  {
    name: "nonsense instead of a key",
    login: () => ({ identity: "sesame" }),
    want: ["InvalidCredentials", "ssh: no key found"],
  },
  {
    name: "no key",
    login: () => ({ identity: "" }),
    want: ["Unauthorized", "invalid 'ssh' auth option: 'identity' is required"],
  },
  {
    name: "no known_hosts",
    login: () => ({ knownHosts: "" }),
    want: ["Unauthorized", "invalid 'ssh' auth option: 'known_hosts' is required"],
  },
];

Deno.test({ name: "a login is refused in the words of Go's client", ignore }, async (t) => {
  await using scene = await openScene();

  for (const { name, login, want } of refusals) {
    await t.step(name, async () => {
      const other = { ...scene.login, ...await login(scene) };
      const got = await scene.git.listRef(scene.repo.url, MAIN, other, limited(30_000));

      assert.deepEqual(!got.ok && [got.code, got.message], want);
      assert.deepEqual(secretsIn(got, other), []);
    });
  }
});

Deno.test({ name: "hashed names are recognized", ignore }, async () => {
  await using scene = await openScene();
  const knownHosts = await hashKnownHosts(scene.server.knownHosts);
  assert.match(knownHosts, /^\|1\|/);

  const login = { ...scene.login, knownHosts };
  const got = await scene.git.listRef(scene.repo.url, MAIN, login, limited(30_000));

  assert.ok(got.ok, got.ok ? "" : got.message);
});

Deno.test({ name: "a server that takes no variables speaks protocol 0", ignore }, async () => {
  await using scene = await openScene({ server: { allowsProtocol: false } });
  const { git, repo, login } = scene;
  const id = await repo.commit({ files: { "b.yaml": "b: 1\n" } });
  await repo.tag("v1", "annotated");
  const empty = await scene.server.createRepository("empty");

  const commit = await fetchBranch(git, repo.url, login);
  const tag = await git.listRef(repo.url, { tag: "v1" }, login, limited(30_000));
  const missing = await git.listRef(repo.url, { branch: "nope" }, login, limited(30_000));
  const nothing = await git.listRef(empty.url, MAIN, login, limited(30_000));

  assert.equal(commit.revision, `main@sha1:${id}`);
  assert.deepEqual(listing(commit), ["a.yaml a: 1\n", "b.yaml b: 1\n"]);
  assert.equal(tag.ok && tag.value.revision, `v1@sha1:${id}`);
  assert.equal(!missing.ok && missing.code, "RefNotFound");
  assert.equal(!nothing.ok && nothing.code, "EmptyRepository");
});

Deno.test({
  name: "repositories named by SHA-256 are fetched over SSH, by either protocol",
  ignore,
}, async (t) => {
  for (const allowsProtocol of [true, false]) {
    await t.step(allowsProtocol ? "protocol 2" : "protocol 0", async () => {
      await using scene = await openScene({ server: { allowsProtocol } });
      const repo = await scene.server.createRepository("long", "sha256");
      await repo.commit({ files: { "a.yaml": "a: 1\n" } });
      const id = await repo.commit({ files: { "a.yaml": "a: 2\n" } });

      const commit = await fetchBranch(scene.git, repo.url, scene.login);

      assert.equal(commit.revision, `main@sha256:${id}`);
      assert.deepEqual(listing(commit), ["a.yaml a: 2\n"]);
    });
  }
});

Deno.test({ name: "whatever a path holds, the server's shell sees one word", ignore }, async () => {
  await using scene = await openScene();
  const names = ["a'b; id", "$(id)", "a b!c", "`id`", '"quoted"', "-flag"];

  for (const name of names) {
    const repo = await scene.server.createRepository(name);
    const id = await repo.commit({ files: { a: "1" } });
    await scene.server.takeCommands();
    const got = await scene.git.listRef(repo.url, MAIN, scene.login, limited(30_000));
    const [command = ""] = await scene.server.takeCommands();

    assert.equal(got.ok && got.value.commit, id, got.ok ? "" : got.message);
    assert.match(command, /^git-upload-pack '/);
  }
});

Deno.test(
  { name: "what is wrong is said in the server's words, bounded and masked", ignore },
  async (t) => {
    await using scene = await openScene({ key: { passphrase: "open-sesame" } });
    const { git, repo, login, server } = scene;
    const cases: { complaint: string; want: [string, string | RegExp] }[] = [
      {
        complaint: "ERROR: Repository not found.\n",
        want: ["RepositoryNotFound", "repository not found: ERROR: Repository not found."],
      },
      {
        complaint: "remote: access denied\n",
        want: ["Forbidden", "authorization failed: remote: access denied"],
      },
      {
        complaint: "the passphrase is open-sesame \x1b[31mred\x07\n",
        want: ["UnexpectedStatus", "The server says: the passphrase is ***** [31mred"],
      },
      { complaint: "x".repeat(1 << 20), want: ["UnexpectedStatus", /^The server says: x{1024}$/] },
      { complaint: "", want: ["InvalidData", "The server's answer is cut off"] },
    ];

    for (const { complaint, want: [code, message] } of cases) {
      await t.step(complaint.slice(0, 40), async () => {
        await server.setMode("complain", complaint);
        const got = await git.listRef(repo.url, MAIN, login, limited(30_000));

        assert.equal(!got.ok && got.code, code);
        if (typeof message === "string") assert.equal(!got.ok && got.message, message);
        else assert.match(got.ok ? "" : got.message, message);
      });
    }
    await server.setMode("serve");

    await t.step("a repository that is not there", async () => {
      const got = await git.listRef(`${repo.url}x`, MAIN, login, limited(30_000));

      assert.equal(!got.ok && got.code, "RepositoryNotFound");
    });
  },
);

Deno.test(
  { name: "a server that misbehaves after login is refused in time", ignore },
  async (t) => {
    await using scene = await openScene();
    const { git, repo, login, server } = scene;
    await repo.commit({ files: { "big.bin": crypto.getRandomValues(new Uint8Array(60_000)) } });

    await t.step("it hangs", async () => {
      await server.setMode("hang");
      const got = await git.listRef(repo.url, MAIN, login, limited(500));

      const message = `ssh: read from 127.0.0.1:${server.port}: context deadline exceeded`;
      assert.deepEqual(!got.ok && [got.code, got.message], ["Timeout", message]);
    });

    await t.step("it sends noise", async () => {
      await server.setMode("noise");
      const got = await git.listRef(repo.url, MAIN, login, limited(30_000));

      assert.equal(!got.ok && got.code, "InvalidData");
    });

    await t.step("it ends in the middle of a pack", async () => {
      await server.setMode("serve");
      const ref = await git.listRef(repo.url, MAIN, login, limited(30_000));
      assert.ok(ref.ok);
      await server.setMode("cut");
      const got = await git.fetchTree(repo.url, ref.value, login, limited(30_000));

      assert.deepEqual(!got.ok && [got.code, got.message], [
        "InvalidData",
        "The server's answer is cut off",
      ]);
    });

    await t.step("and is used again when it behaves", async () => {
      await server.setMode("serve");

      assert.ok((await fetchBranch(git, repo.url, login)).tree.size > 0);
    });
  },
);

const strangers: {
  name: string;
  say: string | Uint8Array;
  closes?: boolean;
  want: RegExp;
}[] = [
  { name: "says nothing", say: "", want: /^ssh: log in to .*: context deadline exceeded$/ },
  { name: "stops after its name", say: "SSH-2.0-x\r\n", want: /context deadline exceeded$/ },
  { name: "hangs up", say: "", closes: true, want: /closed the connection$/ },
  {
    name: "hangs up after its name",
    say: "SSH-2.0-x\r\n",
    closes: true,
    want: /closed the connection$/,
  },
  {
    name: "speaks HTTP",
    say: "HTTP/1.1 400 Bad Request\r\n\r\n",
    closes: true,
    want: /(closed the connection|breaks the protocol)$/,
  },
  { name: "speaks SSH 1", say: "SSH-1.5-old\r\n", want: /breaks the protocol$/ },
  { name: "sends lines without end", say: "hello\r\n".repeat(5_000), want: /breaks the protocol$/ },
  { name: "sends a line without end", say: "x".repeat(100_000), want: /breaks the protocol$/ },
  {
    name: "sends noise after its name",
    say: new Uint8Array([...new TextEncoder().encode("SSH-2.0-x\r\n"), ...noise(50_000)]),
    want: /breaks the protocol$/,
  },
  {
    name: "announces a packet of 4 GiB",
    say: new Uint8Array([...new TextEncoder().encode("SSH-2.0-x\r\n"), 255, 255, 255, 255, 4, 20]),
    want: /breaks the protocol$/,
  },
];

for (const { name, say, closes = false, want } of strangers) {
  Deno.test({ name: `a server that ${name} is refused in time`, ignore }, async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const served = serveStranger(listener, say, closes);
    const { identity, publicKey } = await makeSshKey();
    await using http = openHttp();
    await using ssh = openSsh({ timeouts: { loginMs: 700 } });
    const git = openGit({ http, ssh });
    const { port } = listener.addr;
    const login = { identity, knownHosts: `[127.0.0.1]:${port} ${publicKey}` };

    const got = await git.listRef(`ssh://127.0.0.1:${port}/app`, MAIN, login, limited(10_000));

    assert.match(got.ok ? "ok" : got.message, want);
    listener.close();
    (await served)?.close();
  });
}

Deno.test({ name: "nobody listens, and the message says so", ignore }, async () => {
  const { identity, publicKey } = await makeSshKey();
  await using http = openHttp();
  await using ssh = openSsh();
  const login = { identity, knownHosts: `* ${publicKey}` };
  const port = freePort();

  const got = await openGit({ http, ssh })
    .listRef(`ssh://127.0.0.1:${port}/app`, MAIN, login, limited(10_000));

  assert.equal(
    got.ok ? "ok" : got.message,
    `dial tcp 127.0.0.1:${port}: connect: connection refused`,
  );
});

Deno.test(
  { name: "a connection is kept, and one that broke is replaced without a word", ignore },
  async (t) => {
    await using scene = await openScene({ ssh: { timeouts: { reuseMs: 700 } } });
    const { git, repo, server } = scene;
    await using proxy = new TcpProxy({ hostname: "127.0.0.1", port: server.port });
    const url = repo.url.replace(`:${server.port}`, `:${proxy.port}`);
    const knownHosts = server.knownHosts.replaceAll(`:${server.port}`, `:${proxy.port}`);
    const login = { ...scene.login, knownHosts };
    const list = () => git.listRef(url, MAIN, login, limited(30_000));

    await t.step("kept", async () => {
      for (let times = 0; times < 3; times++) assert.ok((await list()).ok);

      assert.equal(proxy.connections, 2, "one, counted at both of its ends");
    });
    await t.step("broken", async () => {
      await proxy.stop();
      proxy.start();
      const got = await list();

      assert.ok(got.ok, got.ok ? "" : got.message);
    });
    await t.step("silent", async () => {
      proxy.silence();
      const got = await list();

      assert.ok(got.ok, got.ok ? "" : got.message);
    });
  },
);

Deno.test(
  { name: "identities share no connection, and each has four at most", ignore },
  async () => {
    await using scene = await openScene();
    const { git, repo, server } = scene;
    await using proxy = new TcpProxy({ hostname: "127.0.0.1", port: server.port });
    const url = repo.url.replace(`:${server.port}`, `:${proxy.port}`);
    const knownHosts = server.knownHosts.replaceAll(`:${server.port}`, `:${proxy.port}`);
    const other = await makeSshKey();
    await server.allow(scene.key, other);
    const list = (identity: string) =>
      git.listRef(url, MAIN, { identity, knownHosts }, limited(60_000));

    const one = await Promise.all(Array.from({ length: 12 }, () => list(scene.key.identity)));
    const mine = proxy.connections / 2;
    await server.allow(scene.key);
    const two = await list(other.identity);

    assert.ok(one.every(({ ok }) => ok));
    assert.ok(mine >= 1 && mine <= 4, `${mine} connections`);
    assert.equal(!two.ok && two.code, "Unauthorized", "the other one's login is asked for");
  },
);

Deno.test({ name: "an unused connection is closed after a time", ignore }, async () => {
  await using scene = await openScene({ ssh: { timeouts: { keepMs: 200 } } });
  const { git, repo, server } = scene;
  await using proxy = new TcpProxy({ hostname: "127.0.0.1", port: server.port });
  const url = repo.url.replace(`:${server.port}`, `:${proxy.port}`);
  const knownHosts = server.knownHosts.replaceAll(`:${server.port}`, `:${proxy.port}`);

  assert.ok((await git.listRef(url, MAIN, { ...scene.login, knownHosts }, limited(30_000))).ok);
  const deadline = performance.now() + 10_000;
  while (proxy.connections > 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }

  assert.equal(proxy.connections, 0);
});

async function fetchBranch(git: GitClient, url: string, login: Credentials | undefined) {
  const budget = limited(60_000);
  const ref = await git.listRef(url, MAIN, login, budget);
  assert.ok(ref.ok, ref.ok ? "" : ref.message);
  const commit = await git.fetchTree(url, ref.value, login, budget);
  assert.ok(commit.ok, commit.ok ? "" : commit.message);
  return commit.value;
}

function listing({ tree }: Awaited<ReturnType<typeof fetchBranch>>): string[] {
  return [...tree].map(([path, file]) => `${path} ${new TextDecoder().decode(file.read())}`);
}

/** Secrets that a result shows anywhere but in its cause, which is for the log. */
function secretsIn(got: unknown, { identity, passphrase }: Credentials): string[] {
  const shown = JSON.stringify(got);
  const lines = (identity ?? "").split("\n").filter((line) => line.length > 20);
  return [...lines, passphrase ?? ""].filter((text) => text.length > 3 && shown.includes(text));
}

async function serveStranger(
  listener: Deno.TcpListener,
  say: string | Uint8Array,
  closes: boolean,
): Promise<Deno.Conn | undefined> {
  try {
    const connection = await listener.accept();
    const bytes = typeof say === "string" ? new TextEncoder().encode(say) : say;
    try {
      for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
    } catch {
      // The client has heard enough.
    }
    if (!closes) return connection;
    connection.close();
  } catch {
    // Nobody came.
  }
  return undefined;
}

/** The same at every run. */
function noise(length: number): number[] {
  let state = 42;
  return Array.from({ length }, () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) & 255);
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
