/**
 * Remote bases of a Kustomization on a real server: followed, refused, and waited for.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fieldOf, readinessOf } from "../../tools/demo/observe.ts";
import {
  configMapRef,
  configMapYaml,
  inventoryOf,
  openApp,
  useApps,
  valueOf,
} from "../support/app.ts";
import type { TestRepository } from "../support/git_repository.ts";
import { type GitServer, startGitServer } from "../support/git_server.ts";
import { useToolkit } from "../support/toolkit.ts";

const tools = useApps();
const { cluster, toolkit } = tools;
const strict = useToolkit(cluster, {
  components: ["source", "kustomize"],
  flags: ["--no-remote-bases"],
});

/** A server of its own, whose repository holds a base with one ConfigMap. */
async function openRemote(): Promise<
  { server: GitServer; base: TestRepository } & AsyncDisposable
> {
  const server = await startGitServer();
  const base = await server.createRepository("org/base");
  await base.commit({
    files: {
      "deploy/kustomization.yaml": "resources: [a.yaml, ../shared]\n",
      "deploy/a.yaml": configMapYaml("a", "one"),
      "shared/kustomization.yaml": "resources: [b.yaml]\n",
      "shared/b.yaml": configMapYaml("b", "one"),
    },
  });
  await base.tag("v1");
  return { server, base, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

function overlay(...entries: readonly string[]): Record<string, string> {
  return { "kustomization.yaml": `resources:\n${entries.map((entry) => `- ${entry}\n`).join("")}` };
}

Deno.test("a remote base at a tag is applied, and downloaded once however often it runs", async () => {
  await using remote = await openRemote();
  const { server, base } = remote;
  await using app = await openApp(tools, { files: overlay(`${base.url}//deploy?ref=v1`) });
  assert.equal(valueOf(await toolkit.read(configMapRef(app.ns, "a"))), "one");
  assert.equal(valueOf(await toolkit.read(configMapRef(app.ns, "b"))), "one");

  server.requests.length = 0;
  await app.runAgain();
  assert.deepEqual(server.requests.map(({ method }) => method), ["POST"]);

  // The tag moves: the next run follows, without a new revision of the source.
  await base.commit({ files: { "deploy/a.yaml": configMapYaml("a", "two") } });
  await base.tag("v1");
  await app.runAgain();
  assert.equal(valueOf(await toolkit.read(configMapRef(app.ns, "a"))), "two");
});

Deno.test("a ref that is not there fails the build by file, line and address; nothing is lost", async () => {
  await using remote = await openRemote();
  const { base } = remote;
  await using app = await openApp(tools, { files: overlay(`${base.url}//deploy?ref=v1`) });
  const good = fieldOf(await toolkit.read(app.applied), "status", "lastAppliedRevision");

  await app.repository.commit({ files: overlay(`${base.url}//deploy?ref=v9`) });
  await toolkit.nudge(app.source);
  const failed = await toolkit.untilReady(app.applied, { status: "False", reason: "BuildFailed" });

  assert.equal(
    readinessOf(failed)?.message,
    `kustomize build failed: kustomization.yaml:2: Cannot fetch remote base ` +
      `"${base.url}//deploy?ref=v9": couldn't find remote ref "v9"; correct its ref`,
  );
  assert.equal(fieldOf(failed, "status", "lastAppliedRevision"), good);
  assert.equal(inventoryOf(failed).length, 2);
  assert.equal(valueOf(await toolkit.read(configMapRef(app.ns, "a"))), "one");

  await base.tag("v9");
  const mended = await app.runAgain();
  assert.equal(readinessOf(mended)?.status, "True");
});

Deno.test("a host that does not answer fails the build until it is back; nothing is lost", async () => {
  await using remote = await openRemote();
  const { server, base } = remote;
  await using app = await openApp(tools, { files: overlay(`${base.url}//deploy?ref=v1`) });
  await server.stop();

  const failed = await app.runAgain();

  const { host } = new URL(base.url);
  const ready = readinessOf(failed);
  assert.equal(ready?.status, "False");
  assert.equal(ready?.reason, "BuildFailed");
  assert.ok(ready?.message.includes(`dial tcp ${host}: connect: connection refused`));
  assert.equal(inventoryOf(failed).length, 2);
  assert.equal(valueOf(await toolkit.read(configMapRef(app.ns, "a"))), "one");

  await server.restart();
  assert.equal(readinessOf(await app.runAgain())?.status, "True");
});

Deno.test("what a remote base no longer holds is pruned", async () => {
  await using remote = await openRemote();
  const { base } = remote;
  await using app = await openApp(tools, { files: overlay(`${base.url}//deploy?ref=main`) });

  await base.commit({ files: { "deploy/kustomization.yaml": "resources: [a.yaml]\n" } });
  const pruned = await app.runAgain();

  assert.equal(inventoryOf(pruned).length, 1);
  await toolkit.until(configMapRef(app.ns, "b"), "gone", (object) => object === undefined);
});

Deno.test("with --no-remote-bases the build is refused by file, line and flag, and nobody is asked", async () => {
  await using remote = await openRemote();
  const { server, base } = remote;
  await using app = await openApp({ cluster, toolkit: strict, git: tools.git }, {
    files: overlay(`${base.url}//deploy?ref=v1`),
    waits: false,
  });

  const failed = await strict.untilReady(app.applied, { status: "False", reason: "BuildFailed" });

  assert.equal(
    readinessOf(failed)?.message,
    `kustomize build failed: kustomization.yaml:2: remote base "${base.url}//deploy?ref=v1" is ` +
      "refused by --no-remote-bases; copy it into the repository",
  );
  assert.deepEqual(server.requests, []);
});
