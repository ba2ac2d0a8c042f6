/**
 * GitRepository over SSH: Secrets, messages, and the artifact that comes of it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fieldOf } from "../../tools/demo/observe.ts";
import { useTestCluster } from "../support/control_plane.ts";
import { startGitServer } from "../support/git_server.ts";
import { lacks } from "../support/requirements.ts";
import { makeSshKey, type SshKey } from "../support/ssh_keys.ts";
import { type SshServer, type SshServerOptions, startSshServer } from "../support/ssh_server.ts";
import { type Expected, gitRepository, gitRepositoryRef, useToolkit } from "../support/toolkit.ts";

const ignore = lacks("sshd", "install openssh-server");
const cluster = useTestCluster();
const toolkit = useToolkit(cluster, { components: ["source"] });

Deno.test({
  name: "the artifact over ssh:// is the one over http://, and follows new commits",
  ignore,
  async fn() {
    await using scene = await openScene();
    await using web = await startGitServer();
    const { namespace, repository, key, server } = scene;
    await toolkit.applySecret(namespace, "login", {
      identity: key.identity,
      "identity.pub": key.publicKey,
      known_hosts: server.knownHosts,
    });
    const url = await web.serveRepository("app", repository.bareFolder);
    const secretRef = { name: "login" };
    await toolkit.apply(gitRepository(namespace, "ssh", { url: repository.url, secretRef }));
    await toolkit.apply(gitRepository(namespace, "http", { url }));

    const [one, two] = await Promise.all(
      ["ssh", "http"].map((name) => untilReady(namespace, name, { status: "True" })),
    );
    const [digest, revision] = ["digest", "revision"].map((name) =>
      [one, two].map((object) => fieldOf(object, "status", "artifact", name))
    );

    assert.ok(digest?.[0] !== undefined && digest[0] === digest[1], "one archive");
    assert.equal(revision?.[0], revision?.[1]);
    const commit = await repository.commit({ files: { "b.yaml": "b: 1\n" } });
    await toolkit.nudge(gitRepositoryRef(namespace, "ssh"));
    await untilReady(namespace, "ssh", { status: "True", commit });
  },
});

Deno.test({
  name:
    "a repository named by SHA-256, at a server known by who signed its key, becomes an artifact",
  ignore,
  async fn() {
    const authority = await makeSshKey();
    await using scene = await openScene({ certificates: { authority } });
    const { namespace, server, key } = scene;
    const repository = await server.createRepository("long", "sha256");
    const id = await repository.commit({ files: { "a.yaml": "a: 1\n" } });
    await toolkit.applySecret(namespace, "login", {
      identity: key.identity,
      known_hosts: `@cert-authority [*]:${server.port} ${authority.publicKey}`,
    });
    const spec = { url: repository.url, secretRef: { name: "login" } };
    await toolkit.apply(gitRepository(namespace, "app", spec));

    const message = `stored artifact for revision 'main@sha256:${id}'`;
    await untilReady(namespace, "app", { status: "True", message });
  },
});

const secrets: {
  name: string;
  secret: (scene: Scene) => Promise<Record<string, string> | undefined>;
  want: Expected;
}[] = [
  {
    name: "no Secret",
    secret: () => Promise.resolve(undefined),
    want: {
      status: "False",
      reason: "AuthenticationFailed",
      message:
        "failed to configure authentication options: invalid 'ssh' auth option: 'identity' is required",
    },
  },
  {
    name: "a Secret of Flux v1, which has a key and no known_hosts",
    secret: ({ key }) => Promise.resolve({ identity: key.identity }),
    want: {
      status: "False",
      reason: "AuthenticationFailed",
      message:
        "failed to configure authentication options: invalid 'ssh' auth option: 'known_hosts' is required",
    },
  },
  {
    name: "known_hosts of another host",
    secret: ({ key }) =>
      Promise.resolve({
        identity: key.identity,
        known_hosts: `git.example ${key.publicKey}\n`,
      }),
    want: {
      status: "False",
      reason: "GitOperationFailed",
      message: "ssh: handshake failed: knownhosts: key is unknown",
    },
  },
  {
    name: "a key that is not let in",
    async secret({ server }) {
      const { identity } = await makeSshKey();
      return { identity, known_hosts: server.knownHosts };
    },
    want: {
      status: "False",
      reason: "GitOperationFailed",
      message: "ssh: handshake failed: ssh: unable to authenticate",
    },
  },
  {
    name: "a protected key without its password",
    async secret({ server }) {
      const { identity } = await makeSshKey({ passphrase: "sesame" });
      return { identity, known_hosts: server.knownHosts };
    },
    want: {
      status: "False",
      reason: "GitOperationFailed",
      message: "ssh: this private key is passphrase protected",
    },
  },
];

Deno.test({
  name: "a login over ssh:// that is not enough is told",
  ignore,
  async fn(t) {
    await using scene = await openScene();

    for (const [index, { name, secret, want }] of secrets.entries()) {
      await t.step(name, async () => {
        const data = await secret(scene);
        const login = `login-${index}`;
        if (data !== undefined) await toolkit.applySecret(scene.namespace, login, data);
        const spec = {
          url: scene.repository.url,
          ...(data !== undefined && { secretRef: { name: login } }),
        };
        await toolkit.apply(gitRepository(scene.namespace, `app-${index}`, spec));

        const { status } = await untilReady(scene.namespace, `app-${index}`, want);
        assert.ok(!JSON.stringify(status).includes("PRIVATE"), "no key is shown");
      });
    }
  },
});

interface Scene extends AsyncDisposable {
  readonly namespace: string;
  readonly server: SshServer;
  readonly key: SshKey;
  readonly repository: Awaited<ReturnType<SshServer["createRepository"]>>;
}

/** A server that lets one key in, with a repository of one commit. */
async function openScene(options?: SshServerOptions): Promise<Scene> {
  const namespace = await cluster.openNamespace();
  const server = await startSshServer(options);
  const key = await makeSshKey();
  await server.allow(key);
  const repository = await server.createRepository("app");
  await repository.commit({ files: { "a.yaml": "a: 1\n" } });
  return {
    namespace: namespace.name,
    server,
    key,
    repository,
    async [Symbol.asyncDispose]() {
      await namespace[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

function untilReady(namespace: string, name: string, expected: Expected) {
  return toolkit.untilReady(gitRepositoryRef(namespace, name), expected);
}
