/**
 * SSH servers that are weak or another than known, and addresses that are options: refused with the reason, the last
 * good archive stays, the good server heals (reliability, rows 36 and 44c).
 *
 * @module
 */
import assert from "node:assert/strict";
import { fieldOf } from "../../tools/demo/observe.ts";
import { useTestCluster } from "../support/control_plane.ts";
import { lacks } from "../support/requirements.ts";
import { makeSshKey } from "../support/ssh_keys.ts";
import { type SshServerOptions, startSshServer } from "../support/ssh_server.ts";
import { gitRepository, gitRepositoryRef, useToolkit } from "../support/toolkit.ts";

const ignore = lacks("sshd", "install openssh-server");
const cluster = useTestCluster();
const toolkit = useToolkit(cluster, { components: ["source"] });

const RSA = { type: "rsa", bits: 2048 } as const;

const servers: { name: string; options: SshServerOptions; message: string }[] = [
  {
    name: "that has chacha20-poly1305 alone",
    options: { config: ["Ciphers chacha20-poly1305@openssh.com"] },
    message: "no common algorithm for",
  },
  {
    name: "that has CBC alone",
    options: { config: ["Ciphers aes128-cbc,aes256-cbc"] },
    message: "no common algorithm for",
  },
  {
    name: "that signs with SHA-1 alone",
    options: { hostKeys: [RSA], config: ["HostKeyAlgorithms ssh-rsa"] },
    message: "no common algorithm for",
  },
  {
    name: "that exchanges keys with SHA-1 alone",
    options: { config: ["KexAlgorithms diffie-hellman-group14-sha1"] },
    message: "no common algorithm for",
  },
  {
    name: "with a key of 1,024 bits",
    options: { hostKeys: [{ type: "rsa", bits: 1024 }], config: ["RequiredRSASize 1024"] },
    message: "1024 bits",
  },
];

Deno.test({
  name: "a weak or unknown SSH server is refused, and the good one heals",
  ignore,
  async fn(t) {
    await using good = await startSshServer();
    const key = await makeSshKey();
    await good.allow(key);
    const repository = await good.createRepository("app");
    const commit = await repository.commit({ files: { "a.yaml": "a: 1\n" } });
    await using namespace = await cluster.openNamespace();
    const ref = gitRepositoryRef(namespace.name, "app");
    async function respec(url: string, knownHosts: string): Promise<void> {
      const metadata = { namespace: namespace.name, name: "login" };
      const stringData = { identity: key.identity, "known_hosts": knownHosts };
      await toolkit.apply({ apiVersion: "v1", kind: "Secret", metadata, stringData });
      const spec = { url, secretRef: { name: "login" }, timeout: "20s" };
      await toolkit.apply(gitRepository(namespace.name, "app", spec));
    }
    async function checkRefused(message: string): Promise<void> {
      const refused = await toolkit.untilReady(ref, {
        status: "False",
        reason: "GitOperationFailed",
        message,
      });
      assert.deepEqual(fieldOf(refused, "status", "artifact"), artifact, "what was good is kept");
    }
    await respec(repository.url, good.knownHosts);
    const first = await toolkit.untilReady(ref, { status: "True", commit });
    const artifact = fieldOf(first, "status", "artifact");

    for (const { name, options, message } of servers) {
      await t.step(`a server ${name}`, async () => {
        await using bad = await startSshServer(options);
        await bad.allow(key);

        await respec(bad.urlOf(repository.bareFolder), bad.knownHosts);

        await checkRefused(message);
      });
    }
    await t.step("a server with another key than known", async () => {
      const { publicKey } = await makeSshKey();
      await respec(repository.url, good.knownHosts.replace(/ ssh-.*/, ` ${publicKey}`));

      await checkRefused("knownhosts: key mismatch");
    });
    for (
      const [url, message] of [
        ["ssh://-oProxyCommand=id/app", "no name of a host that can be used"],
        ["ssh://-oProxyCommand=id@127.0.0.1/app", "no name of a user that can be used"],
        ["ssh://git@127.0.0.1/a%0ab", "is not the URL of a git repository"],
      ] as const
    ) {
      await t.step(`the address ${url}`, async () => {
        await respec(url, good.knownHosts);

        await checkRefused(message);
      });
    }

    await respec(repository.url, good.knownHosts);
    const next = await repository.commit({ files: { "a.yaml": "a: 2\n" } });
    await toolkit.nudge(ref);
    await toolkit.untilReady(ref, { status: "True", commit: next });
  },
});
