/**
 * What the git client over SSH says of logins, servers and programs that are not as they should be, against OpenSSH's sshd
 * and against strangers.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Clock, defaultBudget, systemClock } from "../../lib/base/mod.ts";
import { type Credentials, openGit } from "../../lib/git/mod.ts";
import { openHttp } from "../../lib/http/mod.ts";
import { openSsh } from "../../lib/ssh/mod.ts";
import { FakeClock } from "../../lib/testing/fake_clock.ts";
import { lacks } from "../support/requirements.ts";
import { makeSshKey } from "../support/ssh_keys.ts";
import { fetchBranch, limited, MAIN, openSshScene, type SshScene } from "../support/ssh_scene.ts";

const ignore = lacks("git", "install git") || lacks("sshd", "install openssh-server");

/** How long a program may be silent; told from all other times by its length. */
const IDLE_MS = 61_234;

const refusals: {
  name: string;
  login: (scene: SshScene) => Promise<Partial<Credentials>> | Partial<Credentials>;
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
    name: "an authority's key only, and the host has no certificate",
    async login({ server }) {
      const { publicKey } = await makeSshKey();
      return { knownHosts: `@cert-authority [127.0.0.1]:${server.port} ${publicKey}` };
    },
    want: [
      "HostKeyRejected",
      "ssh: handshake failed: knownhosts: key is unknown: only @cert-authority lines name this host, " +
      "and it shows no certificate; set HostCertificate in its sshd_config, or add a line with its own key",
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
  await using scene = await openSshScene();

  for (const { name, login, want } of refusals) {
    await t.step(name, async () => {
      const other = { ...scene.login, ...await login(scene) };
      const got = await scene.git.listRef(scene.repo.url, MAIN, other, limited(30_000));

      assert.deepEqual(!got.ok && [got.code, got.message], want);
      assert.deepEqual(secretsIn(got, other), []);
    });
  }
});

Deno.test(
  { name: "what is wrong is said in the server's words, bounded and masked", ignore },
  async (t) => {
    await using scene = await openSshScene({ key: { passphrase: "open-sesame" } });
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
    const { promise: started, resolve: start } = Promise.withResolvers<void>();
    let isHanging = false;
    // A program that runs is watched for silence.
    const clock: Clock = {
      ...systemClock,
      after(delayMs, run) {
        if (isHanging && delayMs === IDLE_MS) start();
        return systemClock.after(delayMs, run);
      },
    };
    await using scene = await openSshScene({ ssh: { clock, timeouts: { idleMs: IDLE_MS } } });
    const { git, repo, login, server } = scene;
    await repo.commit({ files: { "big.bin": crypto.getRandomValues(new Uint8Array(60_000)) } });

    await t.step("it hangs", async () => {
      await server.setMode("hang");
      isHanging = true;
      const over = new AbortController();
      const asking = git.listRef(repo.url, MAIN, login, defaultBudget(over.signal));
      // The time is up for the program, not for the login before it.
      await started;
      over.abort();
      const got = await asking;

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
  /** The time has to run out on it; the others are noticed, whatever the time. */
  isSilent?: boolean;
  want: RegExp;
}[] = [
  {
    name: "says nothing",
    say: "",
    isSilent: true,
    want: /^ssh: log in to .*: context deadline exceeded$/,
  },
  {
    name: "stops after its name",
    say: "SSH-2.0-x\r\n",
    isSilent: true,
    want: /context deadline exceeded$/,
  },
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

for (const { name, say, closes = false, isSilent = false, want } of strangers) {
  Deno.test({ name: `a server that ${name} is refused in time`, ignore }, async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const served = serveStranger(listener, say, closes);
    const { identity, publicKey } = await makeSshKey();
    await using http = openHttp();
    const clock = new FakeClock();
    await using ssh = openSsh({ clock });
    const git = openGit({ http, ssh });
    const { port } = listener.addr;
    const login = { identity, knownHosts: `[127.0.0.1]:${port} ${publicKey}` };

    const asking = git.listRef(`ssh://127.0.0.1:${port}/app`, MAIN, login, limited(60_000));
    await Promise.race([served, asking]);
    if (isSilent) await clock.advance(30_000);
    const got = await asking;

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

  const got = await openGit({ http, ssh })
    .listRef("ssh://127.0.0.1:2/app", MAIN, login, limited(30_000));

  assert.equal(
    got.ok ? "ok" : got.message,
    "dial tcp 127.0.0.1:2: connect: connection refused",
  );
});

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
      // Its name: the client knows that it is connected.
      if (!closes) await connection.read(new Uint8Array(100));
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
