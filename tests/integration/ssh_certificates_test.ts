/**
 * Servers that are known by who signed their keys: certificates by ssh-keygen, shown by OpenSSH's sshd and by who has none of
 * its keys.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { systemClock } from "../../lib/base/mod.ts";
import { type Credentials, openGit } from "../../lib/git/mod.ts";
import { openHttp } from "../../lib/http/mod.ts";
import { openSsh, type SshOptions } from "../../lib/ssh/mod.ts";
import { makeSshTestKey } from "../../lib/testing/ssh_certificate.ts";
import { serveTestHost } from "../../lib/testing/ssh_host.ts";
import { lacks } from "../support/requirements.ts";
import { makeSshKey, type SshKey } from "../support/ssh_keys.ts";
import { limited, MAIN, openSshScene, type SshScene } from "../support/ssh_scene.ts";
import { type SshServer, startSshServer } from "../support/ssh_server.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";

const ignore = lacks("git", "install git") || lacks("sshd", "install openssh-server");
const TWO_DAYS_MS = 2 * 86_400_000;
const inTwoDays = { ...systemClock, now: () => Date.now() + TWO_DAYS_MS };

interface CertifiedScene extends SshScene {
  readonly authority: SshKey;
  readonly stranger: SshKey;
}

const cases: {
  name: string;
  ssh?: SshOptions;
  host?: string;
  lines: (scene: CertifiedScene) => string;
  want?: readonly [code: string, message: RegExp];
}[] = [
  ...["ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256"].map((algorithm) => ({
    name: `who shows a certificate for ${algorithm} is let in`,
    ssh: { algorithms: { hostKey: [algorithm] } },
    lines: byAuthority,
  })),
  {
    name: "without a certificate for what the user offers, nobody is known",
    ssh: { algorithms: { hostKey: ["ecdsa-sha2-nistp521"] } },
    lines: byAuthority,
    want: ["Unreachable", /no common algorithm for host key/],
  },
  {
    name: "a key exchange of another curve will do",
    ssh: { algorithms: { kex: ["diffie-hellman-group14-sha256", "ecdh-sha2-nistp521"] } },
    lines: byAuthority,
  },
  {
    name: "a key exchange that cannot show certificates is told",
    ssh: { algorithms: { kex: ["diffie-hellman-group14-sha256"] } },
    lines: byAuthority,
    want: ["HostKeyRejected", /no key exchange is known in which it could show one/],
  },
  {
    name: "an authority for another host vouches for nobody",
    lines: ({ authority }) => `@cert-authority x.example ${authority.publicKey}`,
    want: ["HostKeyRejected", /^ssh: handshake failed: knownhosts: key is unknown$/],
  },
  {
    name: "another authority did not sign it",
    lines: ({ server, stranger }) => authorityLine(server, stranger),
    want: ["HostKeyRejected", /^ssh: handshake failed: ssh: no authorities for hostname/],
  },
  {
    name: "an authority does not vouch for itself as a plain key",
    lines: ({ server }) =>
      server.knownHosts.split("\n").map((line) => line && `@cert-authority ${line}`).join("\n"),
    want: ["HostKeyRejected", /^ssh: handshake failed: ssh: no authorities for hostname/],
  },
  {
    name: "another name than the certificate's is refused",
    host: "localhost",
    lines: byAuthority,
    want: ["HostKeyRejected", /principal "localhost" not in the set of valid principals/],
  },
  {
    name: "a certificate that is over is refused",
    ssh: { clock: inTwoDays },
    lines: byAuthority,
    want: ["HostKeyRejected", /^ssh: handshake failed: ssh: cert has expired at 2/],
  },
  {
    name: "where it is over a line of the key itself counts, as with OpenSSH",
    ssh: { clock: inTwoDays },
    lines: (scene) => byAuthority(scene) + scene.server.knownHosts,
  },
  {
    name: "where no line has the key, both reasons are told",
    ssh: { clock: inTwoDays },
    lines: (scene) =>
      `${byAuthority(scene)}[127.0.0.1]:${scene.server.port} ${scene.stranger.publicKey}`,
    want: ["HostKeyRejected", /key mismatch, and no certificate vouches for it: ssh: cert has exp/],
  },
  {
    name: "a revoked authority is refused, whatever other lines say",
    lines: (scene) =>
      `${byAuthority(scene)}@revoked * ${scene.authority.publicKey}\n${scene.server.knownHosts}`,
    want: ["HostKeyRejected", /knownhosts: the key that signed the certificate is revoked$/],
  },
  {
    name: "a revoked key is refused, whoever signed it",
    lines: (scene) => byAuthority(scene) + scene.server.knownHosts.replace(/^\S+/gm, "@revoked *"),
    want: ["HostKeyRejected", /knownhosts: key is revoked$/],
  },
];

Deno.test({ name: "servers are known by who signed their keys", ignore }, async (t) => {
  const [authority, stranger] = await Promise.all([makeSshKey(), makeSshKey()]);
  const hostKeys = [{}, { type: "ecdsa" as const }, { type: "rsa" as const, bits: 2048 }];
  const certificates = { authority, validity: "-1h:+1d" };
  await using scene = await openSshScene({ server: { hostKeys, certificates } });
  const { server, repo, login } = scene;

  for (const { name, ssh, host, lines, want } of cases) {
    await t.step(name, async () => {
      const url = host === undefined ? repo.url : repo.url.replace("127.0.0.1", host);
      const written = lines({ ...scene, authority, stranger });
      const knownHosts = host === undefined ? written : written.replaceAll("127.0.0.1", host);

      const got = await list(url, { ...login, knownHosts }, ssh);

      assert.equal(got.ok ? undefined : got.code, want?.[0], got.ok ? "" : got.message);
      if (want !== undefined) assert.match(got.ok ? "" : got.message, want[1]);
    });
  }
  await t.step("who shows the certificate and lacks its key is refused", async () => {
    const [certificate = new Uint8Array()] = server.certificates;
    const { sign } = await makeSshTestKey();
    const thief = createServer((socket) => {
      socket.on("error", () => {});
      serveTestHost(socket, { certificate, sign }).catch(() => socket.destroy());
    });
    const port = await new Promise<number>((resolve) => {
      thief.listen(0, "127.0.0.1", () => resolve(portOf(thief.address())));
    });
    const knownHosts = `@cert-authority * ${authority.publicKey}\n@cert-authority [*]:${port} ` +
      `${authority.publicKey}\n[127.0.0.1]:${port} ${authority.publicKey}`;

    const got = await list(`ssh://git@127.0.0.1:${port}/app`, { ...login, knownHosts });

    thief.close();
    const why = "the host does not hold the key of the certificate that it shows";
    assert.deepEqual(!got.ok && [got.code, got.message], [
      "HostKeyRejected",
      `ssh: handshake failed: ssh: ${why}`,
    ]);
  });
});

Deno.test(
  { name: "a certificate is asked for once, and where an authority may sign", ignore },
  async (t) => {
    const authority = await makeSshKey();
    await using scene = await openSshScene({ server: { certificates: { authority } } });
    await using second = await startSshServer({ certificates: { authority } });
    await second.allow(scene.key);
    const { server, repo, git } = scene;
    const [one, two] = [server, second].map(({ port }) => ({ hostname: "127.0.0.1", port }));
    assert.ok(one && two);
    let choose = (_client: number) => one;
    await using proxy = new TcpProxy((client) => choose(client));
    const url = repo.url.replace(`:${server.port}`, `:${proxy.port}`);
    const ask = async (knownHosts: string) => {
      const before = proxy.clients;
      const ours = knownHosts.replaceAll(`:${server.port}`, `:${proxy.port}`);
      const got = await git.listRef(
        url,
        MAIN,
        { ...scene.login, knownHosts: ours },
        limited(30_000),
      );
      return { got: got.ok ? "ok" : got.message, connections: proxy.clients - before };
    };
    const lines = authorityLine(server, authority);

    await t.step("lines of keys alone", async () => {
      assert.deepEqual(await ask(server.knownHosts), { got: "ok", connections: 1 });
    });
    await t.step("an authority for another host", async () => {
      const other = `@cert-authority x.example ${authority.publicKey}\n`;
      assert.deepEqual(await ask(other + server.knownHosts), { got: "ok", connections: 1 });
    });
    await t.step("an authority", async () => {
      assert.deepEqual(await ask(lines), { got: "ok", connections: 2 });
    });
    await t.step("a kept connection", async () => {
      assert.deepEqual(await ask(lines), { got: "ok", connections: 0 });
    });
    await t.step("a connection that broke", async () => {
      await proxy.stop();
      await proxy.start();
      assert.deepEqual(await ask(lines), { got: "ok", connections: 1 });
    });
    await t.step("another server with a certificate stands there now", async () => {
      choose = () => two;
      await proxy.stop();
      await proxy.start();
      assert.deepEqual(await ask(lines), { got: "ok", connections: 3 });
    });
    await t.step("one shows the certificate, another takes the login", async () => {
      const first = proxy.clients;
      choose = (client) => (client - first) % 2 === 0 ? one : two;
      const { got, connections } = await ask(`# a new file\n${lines}`);

      assert.match(got, /key mismatch: it is not the one in the certificate that the host showed$/);
      assert.equal(connections, 3, "by what is remembered, for the certificate, by that");
    });
  },
);

/** Asks once, by a client of its own. */
async function list(url: string, login: Credentials, options?: SshOptions) {
  await using http = openHttp();
  await using ssh = openSsh(options);
  return await openGit({ http, ssh }).listRef(url, MAIN, login, limited(30_000));
}

function authorityLine({ port }: SshServer, { publicKey }: SshKey): string {
  return `@cert-authority [127.0.0.1]:${port} ${publicKey}\n`;
}

function byAuthority({ server, authority }: CertifiedScene): string {
  return authorityLine(server, authority);
}

function portOf(address: ReturnType<ReturnType<typeof createServer>["address"]>): number {
  return typeof address === "object" && address !== null ? address.port : 0;
}
