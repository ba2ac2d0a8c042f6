/**
 * Artifacts that arrive broken, late, as something else, or not at all: nothing is applied and nothing deleted
 * until the right bytes are there (rows 22, 23 and 62).
 *
 * @module
 */
import assert from "node:assert/strict";
import { fetchArtifact } from "../../lib/artifact/mod.ts";
import { defaultBudget, startDeadline, systemClock } from "../../lib/base/mod.ts";
import { openHttp } from "../../lib/http/mod.ts";
import { fieldOf } from "../../tools/demo/observe.ts";
import { freePort } from "../../tools/free_port.ts";
import {
  type App,
  configMapRef,
  configMapYaml,
  inventoryOf,
  openApp,
  valueOf,
} from "../support/app.ts";
import { useTestCluster } from "../support/control_plane.ts";
import {
  answerWith,
  type Fault,
  FaultProxy,
  HTML_PAGE,
  keepSilent,
  loseRequest,
} from "../support/fault_proxy.ts";
import { type GitServer, startGitServer } from "../support/git_server.ts";
import { until } from "../support/kube_client.ts";
import { useToolkit } from "../support/toolkit.ts";

const flags = ["--http-retry=1", "--concurrent=8"];
const cluster = useTestCluster();
let proxy: FaultProxy;
let git: GitServer;
Deno.test.beforeAll(async () => {
  const port = freePort();
  proxy = await FaultProxy.start({ target: () => `http://127.0.0.1:${port}` });
  flags.push(`--storage-addr=127.0.0.1:${port}`, `--storage-adv-addr=127.0.0.1:${proxy.port}`);
  git = await startGitServer();
});
Deno.test.afterAll(async () => {
  await git?.stop();
  await proxy?.[Symbol.asyncDispose]();
});
const toolkit = useToolkit(cluster, { components: ["source", "kustomize"], flags });

const faults: readonly {
  readonly name: string;
  readonly fault: Fault;
  /** Part of what `Ready` says. */
  readonly message: string;
}[] = [
  {
    name: "that breaks off",
    fault: changed((body) => body.slice(0, body.length / 2), (length) => length),
    message: "the connection was closed",
  },
  {
    name: "that is announced as longer than it is",
    fault: changed((body) => body, (length) => length + 1_000),
    message: "the connection was closed",
  },
  {
    name: "that is announced as shorter than it is",
    fault: changed((body) => body, (length) => length - 10),
    message: "digest",
  },
  {
    name: "without its last bytes",
    fault: changed((body) => body.slice(0, -8)),
    message: "digest",
  },
  {
    name: "with a bit turned",
    fault: changed((body) => body.map((byte, at) => at === 40 ? byte ^ 1 : byte)),
    message: "digest",
  },
  { name: "that is empty", fault: changed(() => new Uint8Array()), message: "digest" },
  { name: "that is a page of HTML", fault: answerWith(HTML_PAGE), message: "digest" },
  { name: "that is not found", fault: answerWith({ status: 404 }), message: "not found" },
  { name: "that fails", fault: answerWith({ status: 503 }), message: "503" },
  { name: "whose server is gone", fault: loseRequest, message: "the connection was closed" },
];

Deno.test("no broken artifact is applied, and the right one is as soon as it is there", async (t) => {
  // They wait for their retries: all at the same time.
  const ends = await Promise.allSettled(faults.map(checkFault));
  for (const [index, { name }] of faults.entries()) {
    await t.step(`an artifact ${name}`, () => {
      const end = ends[index];
      if (end?.status === "rejected") throw end.reason;
    });
  }

  await t.step("one that breaks off once is not even noticed", async () => {
    await using app = await openGood();
    const { fault } = faults[0] ?? assert.fail();
    proxy.disturb({ path: pathOf(app) }, fault, 1);
    await app.rollOut({ files: { "a.yaml": configMapYaml("a", "breaks off") } });
    const history = fieldOf(await toolkit.read(app.applied), "status", "history");
    assert.ok(Array.isArray(history) && history.length === 2, JSON.stringify(history));
  });

  await t.step("one that never comes does not keep the next revision waiting", async () => {
    await using app = await openGood();
    const heal = proxy.disturb({ path: pathOf(app) }, keepSilent, 1);
    await app.repository.commit({ files: { "a.yaml": configMapYaml("a", "never comes") } });
    await toolkit.nudge(app.source);
    await until(() => proxy.disturbed.size > 0);
    await app.rollOut({ files: { "a.yaml": configMapYaml("a", "comes") } });
    heal();
  });

  await t.step("one that comes byte by byte ends with its deadline", async () => {
    const stop = proxy.disturb({ path: /^\/drips/ }, async ({ wire }) => {
      await wire.write("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n");
      while (!wire.gone.aborted) {
        await wire.write("x");
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    });
    await using http = openHttp();
    using deadline = startDeadline(systemClock, 1_000, new AbortController().signal);
    const artifact = { url: `http://127.0.0.1:${proxy.port}/drips`, digest: "sha256:00" };
    const began = performance.now();
    const got = await fetchArtifact(http, artifact, defaultBudget(deadline.signal));
    stop();
    assert.equal(!got.ok && got.code, "Timeout");
    // Its last byte would come after more than an hour.
    assert.ok(performance.now() - began < 60_000);
  });
});

/** Two ConfigMaps; afterwards the first shall change and the second go. */
function openGood(): Promise<App> {
  return openApp({ cluster, toolkit, git }, {
    files: { "a.yaml": configMapYaml("a", "1"), "b.yaml": configMapYaml("b", "1") },
    spec: { retryInterval: "1s" },
  });
}

async function checkFault({ name, fault, message }: typeof faults[number]): Promise<void> {
  await using app = await openGood();
  const before = inventoryOf(await toolkit.read(app.applied));
  const heal = proxy.disturb({ path: pathOf(app) }, fault);
  const commit = await app.repository.commit({
    // No two are the same: what was fetched once is known by its digest.
    files: { "a.yaml": configMapYaml("a", name), "b.yaml": null },
  });
  await toolkit.nudge(app.source);

  const failed = await toolkit.untilReady(app.applied, {
    status: "False",
    reason: "ArtifactFailed",
    message,
  });
  assert.equal(valueOf(await toolkit.read(configMapRef(app.ns, "a"))), "1");
  assert.equal(valueOf(await toolkit.read(configMapRef(app.ns, "b"))), "1");
  assert.deepEqual(inventoryOf(failed), before);

  heal();
  await toolkit.untilReady(app.applied, { status: "True", commit });
  assert.equal(valueOf(await toolkit.read(configMapRef(app.ns, "a"))), name);
}

function pathOf({ ns }: App): RegExp {
  return new RegExp(`^/gitrepository/${ns}/`);
}

/** The artifact with another body, and perhaps another length than it has. */
function changed(
  change: (body: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>,
  announce?: (length: number) => number,
): Fault {
  return async (call) => {
    const answer = await call.ask();
    const body = answer.body instanceof Uint8Array ? answer.body : new Uint8Array();
    await call.send({ ...answer, body: change(body) }, announce?.(body.length));
  };
}
