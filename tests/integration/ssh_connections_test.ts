/**
 * Connections over SSH that are kept, shared and closed, against OpenSSH's sshd.
 *
 * @module
 */
import assert from "node:assert/strict";
import { openGit } from "../../lib/git/mod.ts";
import { openHttp } from "../../lib/http/mod.ts";
import { openSsh } from "../../lib/ssh/mod.ts";
import { until } from "../support/kube_client.ts";
import { lacks } from "../support/requirements.ts";
import { makeSshKey } from "../support/ssh_keys.ts";
import { limited, MAIN, openSshScene } from "../support/ssh_scene.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";

const ignore = lacks("git", "install git") || lacks("sshd", "install openssh-server");

Deno.test(
  { name: "a connection is kept, and one that broke is replaced without a word", ignore },
  async (t) => {
    // A kept connection that is slow is a good one: it is not given up before the test would be.
    await using scene = await openSshScene({ ssh: { timeouts: { reuseMs: 60_000 } } });
    const { repo, server } = scene;
    await using proxy = new TcpProxy({ hostname: "127.0.0.1", port: server.port });
    const url = repo.url.replace(`:${server.port}`, `:${proxy.port}`);
    const knownHosts = server.knownHosts.replaceAll(`:${server.port}`, `:${proxy.port}`);
    const login = { ...scene.login, knownHosts };
    const list = (git = scene.git) => git.listRef(url, MAIN, login, limited(60_000));

    await t.step("kept", async () => {
      for (let times = 0; times < 3; times++) assert.ok((await list()).ok);

      assert.equal(proxy.connections, 2, "one, counted at both of its ends");
    });
    await t.step("broken", async () => {
      await proxy.stop();
      await proxy.start();
      const got = await list();

      assert.ok(got.ok, got.ok ? "" : got.message);
    });
    await t.step("silent", async () => {
      await using http = openHttp();
      await using ssh = openSsh({ timeouts: { reuseMs: 700 } });
      const git = openGit({ http, ssh });
      assert.ok((await list(git)).ok);
      proxy.silence();
      const got = await list(git);

      assert.ok(got.ok, got.ok ? "" : got.message);
    });
  },
);

Deno.test(
  { name: "identities share no connection, and each has four at most", ignore },
  async () => {
    await using scene = await openSshScene();
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
  await using scene = await openSshScene({ ssh: { timeouts: { keepMs: 200 } } });
  const { git, repo, server } = scene;
  await using proxy = new TcpProxy({ hostname: "127.0.0.1", port: server.port });
  const url = repo.url.replace(`:${server.port}`, `:${proxy.port}`);
  const knownHosts = server.knownHosts.replaceAll(`:${server.port}`, `:${proxy.port}`);

  assert.ok((await git.listRef(url, MAIN, { ...scene.login, knownHosts }, limited(30_000))).ok);

  await until(() => proxy.connections === 0);
});
