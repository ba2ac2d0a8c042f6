/**
 * GitRepository through a proxy: HTTP with and without CONNECT, SOCKS 5 for http and ssh, logins and what is refused.
 *
 * @module
 */
import assert from "node:assert/strict";
import { makeCertificates } from "../support/certificates.ts";
import { useTestCluster } from "../support/control_plane.ts";
import { ForwardProxy } from "../support/forward_proxy.ts";
import { startGitServer } from "../support/git_server.ts";
import { lacks } from "../support/requirements.ts";
import { makeSshKey } from "../support/ssh_keys.ts";
import { startSshServer } from "../support/ssh_server.ts";
import { type Expected, gitRepository, gitRepositoryRef, useToolkit } from "../support/toolkit.ts";

const cluster = useTestCluster();
const toolkit = useToolkit(cluster, { components: ["source"] });
const LOGIN = { username: "me", password: "pro:xy" };
/** A name that only the proxy knows. */
const NAME = "http://git.invalid";

const cases: {
  name: string;
  login?: typeof LOGIN;
  secret: (host: string) => Readonly<Record<string, string>> | undefined;
  want: Expected;
  /** How the proxy was asked first. */
  asked: readonly ("GET" | "SOCKS")[];
}[] = [
  {
    name: "an HTTP proxy",
    secret: (host) => ({ address: `http://${host}` }),
    want: { status: "True" },
    asked: ["GET"],
  },
  {
    name: "an HTTP proxy with a login",
    login: LOGIN,
    secret: (host) => ({ address: `http://${host}`, ...LOGIN }),
    want: { status: "True" },
    asked: ["GET"],
  },
  {
    name: "an HTTP proxy whose login is part of the address",
    login: LOGIN,
    secret: (host) => ({ address: `http://me:pro%3Axy@${host}` }),
    want: { status: "True" },
    asked: ["GET"],
  },
  {
    name: "an HTTP proxy and a wrong password",
    login: LOGIN,
    secret: (host) => ({ address: `http://${host}`, username: "me", password: "guess" }),
    want: { status: "False", reason: "GitOperationFailed", message: "status code: 407" },
    asked: [],
  },
  {
    name: "a SOCKS proxy with a login",
    login: LOGIN,
    secret: (host) => ({ address: `socks5://${host}`, ...LOGIN }),
    want: { status: "True" },
    asked: ["SOCKS"],
  },
  {
    name: "no Secret",
    secret: () => undefined,
    want: {
      status: "False",
      reason: "AuthenticationFailed",
      message: "failed to configure proxy options: failed to get secret",
    },
    asked: [],
  },
  {
    name: "a Secret without an address",
    secret: () => LOGIN,
    want: { status: "False", reason: "AuthenticationFailed", message: "key 'address' is missing" },
    asked: [],
  },
  {
    name: "a proxy that is not there",
    secret: () => ({ address: "http://127.0.0.1:2" }),
    want: {
      status: "False",
      reason: "GitOperationFailed",
      message: "proxyconnect tcp: dial tcp 127.0.0.1:2: connect: connection refused",
    },
    asked: [],
  },
];

for (const [at, { name, login, secret, want, asked }] of cases.entries()) {
  Deno.test(`spec.proxySecretRef with ${name} ends ${want.status}`, async () => {
    await using git = await startGitServer();
    const repository = await git.createRepository(`app${at}`);
    await repository.commit({ files: { "a.yaml": "a: 1\n" } });
    const places: Readonly<Record<string, string>> = {
      GET: `GET ${NAME}/app${at}.git/info/refs?service=git-upload-pack`,
      SOCKS: "SOCKS git.invalid:80",
    };
    const target = { hostname: "127.0.0.1", port: Number(new URL(git.url).port) };
    await using proxy = new ForwardProxy({ target, ...(login && { login }) });
    await using namespace = await cluster.openNamespace();
    const data = secret(proxy.host);
    if (data !== undefined) await toolkit.applySecret(namespace.name, "proxy", data);

    const spec = { url: `${NAME}/app${at}.git`, proxySecretRef: { name: "proxy" } };
    await toolkit.apply(gitRepository(namespace.name, "app", spec));

    const { status } = await toolkit.untilReady(gitRepositoryRef(namespace.name, "app"), want);
    assert.deepEqual(proxy.asked.slice(0, 1), asked.map((way) => places[way]));
    assert.ok(!/guess|pro:xy/.test(JSON.stringify(status)), "no secret is shown");
  });
}

Deno.test({
  name: "https goes through CONNECT, and the proxy's login stays at the proxy",
  ignore: lacks("openssl", "install openssl"),
  async fn() {
    const { ca, server } = await makeCertificates();
    await using git = await startGitServer({ tls: server });
    const repository = await git.createRepository("app");
    const commit = await repository.commit({ files: { "a.yaml": "a: 1\n" } });
    const { host, port } = new URL(git.url);
    const target = { hostname: "127.0.0.1", port: Number(port) };
    await using proxy = new ForwardProxy({ target, login: LOGIN });
    await using namespace = await cluster.openNamespace();
    await toolkit.applySecret(namespace.name, "proxy", {
      address: `http://${proxy.host}`,
      ...LOGIN,
    });
    await toolkit.applySecret(namespace.name, "login", { "ca.crt": ca });
    const ref = gitRepositoryRef(namespace.name, "app");
    const respec = (url: string) => {
      const spec = { url, secretRef: { name: "login" }, proxySecretRef: { name: "proxy" } };
      return toolkit.apply(gitRepository(namespace.name, "app", spec));
    };

    await respec(repository.url);
    await toolkit.untilReady(ref, { status: "True", commit });
    assert.ok(proxy.asked.length > 0 && proxy.asked.every((what) => what === `CONNECT ${host}`));

    await respec("https://169.254.169.254/latest/app.git");
    const message = "no proxy is asked for a link-local address";
    await toolkit.untilReady(ref, { status: "False", reason: "GitOperationFailed", message });

    const wrong = { ...LOGIN, password: "guess" };
    await toolkit.applySecret(namespace.name, "proxy", {
      address: `http://${proxy.host}`,
      ...wrong,
    });
    await respec(repository.url);
    const unknown = "Proxy Authentication Required";
    await toolkit.untilReady(ref, {
      status: "False",
      reason: "GitOperationFailed",
      message: unknown,
    });
  },
});

const overSsh: {
  name: string;
  secret: (host: string) => Readonly<Record<string, string>>;
  want: Expected;
}[] = [
  {
    name: "a SOCKS proxy",
    secret: (host) => ({ address: `socks5://${host}`, ...LOGIN }),
    want: { status: "True" },
  },
  {
    name: "a SOCKS proxy and a wrong password",
    secret: (host) => ({ address: `socks5://${host}`, username: "me", password: "guess" }),
    want: {
      status: "False",
      reason: "GitOperationFailed",
      message: "->git.invalid:22: username/password authentication failed",
    },
  },
  {
    name: "a SOCKS proxy that is not there",
    secret: () => ({ address: "socks5://127.0.0.1:2" }),
    want: {
      status: "False",
      reason: "GitOperationFailed",
      message: "socks connect tcp 127.0.0.1:2->git.invalid:22: dial tcp 127.0.0.1:2: " +
        "connect: connection refused",
    },
  },
  {
    name: "an HTTP proxy",
    secret: (host) => ({ address: `http://${host}` }),
    want: {
      status: "False",
      reason: "GitOperationFailed",
      message: "proxy: unknown scheme: http: a repository at ssh:// goes through a socks5:// proxy",
    },
  },
];

Deno.test({
  name: "a repository at ssh:// is reached through a SOCKS proxy, which alone knows where it is",
  ignore: lacks("sshd", "install openssh-server"),
  async fn(t) {
    await using ssh = await startSshServer();
    const key = await makeSshKey();
    await ssh.allow(key);
    const repository = await ssh.createRepository("app");
    await repository.commit({ files: { "a.yaml": "a: 1\n" } });
    const target = { hostname: "127.0.0.1", port: ssh.port };
    await using proxy = new ForwardProxy({ target, login: LOGIN });
    await using namespace = await cluster.openNamespace();
    await toolkit.applySecret(namespace.name, "key", {
      identity: key.identity,
      known_hosts: ssh.knownHosts.replace(/^\S+/gm, "git.invalid"),
    });
    const url = repository.url.replace(/@[^/]+/, "@git.invalid");

    for (const [at, { name, secret, want }] of overSsh.entries()) {
      await t.step(name, async () => {
        proxy.asked.length = 0;
        await toolkit.applySecret(namespace.name, `proxy${at}`, secret(proxy.host));
        const spec = { url, secretRef: { name: "key" }, proxySecretRef: { name: `proxy${at}` } };
        await toolkit.apply(gitRepository(namespace.name, `app${at}`, spec));
        const ref = gitRepositoryRef(namespace.name, `app${at}`);

        const { status } = await toolkit.untilReady(ref, want);
        if (want.status === "True") {
          const commit = await repository.commit({ files: { "a.yaml": "a: 2\n" } });
          await toolkit.nudge(ref);
          await toolkit.untilReady(ref, { status: "True", commit });
        }

        const asked = want.status === "True" ? ["SOCKS git.invalid:22"] : [];
        assert.deepEqual(proxy.asked, asked, "the connection is kept");
        assert.ok(!/guess|pro:xy/.test(JSON.stringify(status)), "no secret is shown");
      });
    }
  },
});
