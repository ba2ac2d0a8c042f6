/**
 * A source that means harm: it is refused with the reason, the last good archive stays served, nobody else
 * notices, and the next good commit heals it.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { KubeObject } from "../../lib/kube/mod.ts";
import { fieldOf, readinessOf } from "../../tools/demo/observe.ts";
import { listEntries } from "./archive.ts";
import { type TestNamespace, useTestCluster } from "./control_plane.ts";
import { commitReply, type Reply, ScriptedGit } from "./scripted_git.ts";
import { gitRepository, gitRepositoryRef, useToolkit } from "./toolkit.ts";

/** The end that is expected. */
export interface Refusal {
  /** Part of the message in `Ready`. */
  readonly message: string;
  /** `GitOperationFailed` when absent. */
  readonly reason?: string;
  /** Fields of the source while it is refused. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** The source of a file of tests. */
export interface HostileSource {
  /** The server. Only inside tests. */
  readonly git: ScriptedGit;
  /** Good, refused, good again. */
  checkRefusal(bad: Reply, refusal: Refusal): Promise<void>;
  /** Good, then each of these refused at the same place, with nothing between them. */
  checkRefusals(
    bad: readonly (Omit<Refusal, "spec"> & { readonly reply: Reply })[],
  ): Promise<void>;
  /** Taken, with these entries in the archive; gives the object. */
  checkTaken(
    reply: Reply,
    entries: readonly string[],
    spec?: Readonly<Record<string, unknown>>,
  ): Promise<KubeObject>;
}

const REASON = "GitOperationFailed";

/** Opens a source that follows a scripted repository, and a neighbour that nothing may happen to. */
export function useHostileSource(): HostileSource {
  const cluster = useTestCluster();
  const toolkit = useToolkit(cluster, { components: ["source"] });
  let opened: ScriptedGit | undefined;
  let namespace: TestNamespace | undefined;
  let places = 0;
  const ref = (name: string) => gitRepositoryRef(namespace?.name ?? "", name);

  Deno.test.beforeAll(async () => {
    opened = new ScriptedGit();
    namespace = await cluster.openNamespace();
    opened.serve("neighbour", commitReply([["100644", "a.yaml", "a: 1\n"]]));
    opened.serve("app", goodCommit());
    const neighbour = { url: opened.urlOf("neighbour") };
    await toolkit.apply(gitRepository(namespace.name, "neighbour", neighbour));
    await respec();
    await toolkit.untilReady(ref("neighbour"), { status: "True" });
  });
  Deno.test.afterAll(async () => {
    if (namespace !== undefined) {
      for (const name of ["app", "neighbour"]) await toolkit.cluster.remove(ref(name));
      await namespace[Symbol.asyncDispose]();
    }
    await opened?.[Symbol.asyncDispose]();
  });

  function server(): ScriptedGit {
    if (opened === undefined) throw new Error("the server is there only inside tests");
    return opened;
  }
  async function respec(spec: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const common = { url: server().urlOf("app"), timeout: "20s" };
    await toolkit.apply(gitRepository(ref("app").namespace ?? "", "app", { ...common, ...spec }));
  }
  async function untilGood(reply: Reply = goodCommit()): Promise<KubeObject> {
    server().serve("app", reply);
    await toolkit.nudge(ref("app"));
    return await toolkit.untilReady(ref("app"), { status: "True", commit: reply.id });
  }
  async function untilRefused({ message, reason = REASON }: Refusal) {
    await toolkit.nudge(ref("app"));
    return await toolkit.untilReady(ref("app"), { status: "False", reason, message });
  }
  async function checkRefusals(bad: readonly (Refusal & { readonly reply: Reply })[]) {
    await respec();
    const good = await untilGood();
    const neighbour = await toolkit.read(ref("neighbour"));
    for (const { reply, spec, ...refusal } of bad) {
      if (spec === undefined) {
        server().serve("app", reply);
      } else {
        // At a place of its own: a run of the spec before, for which it may be good, must not come upon it.
        const place = `app-${++places}`;
        server().serve(place, reply);
        await respec({ url: server().urlOf(place), ...spec });
      }
      const refused = await untilRefused(refusal);
      await checkServed(refused, good);
    }
    const { resourceVersion } = (await toolkit.read(ref("neighbour"))).metadata;
    assert.equal(resourceVersion, neighbour.metadata.resourceVersion);
    await respec();
    const healed = await untilGood();
    assert.deepEqual(await listEntries(urlOf(healed)), [".", "a.yaml"]);
  }
  return {
    get git() {
      return server();
    },
    checkRefusals,
    checkRefusal: (reply, refusal) => checkRefusals([{ reply, ...refusal }]),
    async checkTaken(reply, entries, spec = {}) {
      await respec(spec);
      const taken = await untilGood(reply);
      assert.deepEqual(await listEntries(urlOf(taken)), entries);
      return taken;
    },
  };
}

let goods = 0;

/** A commit with one file, another one each time. */
export function goodCommit(): Reply {
  return commitReply([["100644", "a.yaml", `good: ${++goods}\n`]]);
}

/** The artifact of before is in the status, and is what is served. */
async function checkServed(now: KubeObject, before: KubeObject): Promise<void> {
  const artifact = fieldOf(before, "status", "artifact");
  assert.deepEqual(fieldOf(now, "status", "artifact"), artifact);
  const answer = await fetch(urlOf(now));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await answer.bytes()));
  assert.equal(`sha256:${digest.toHex()}`, fieldOf(artifact, "digest"));
  // A stranger's bytes fill no condition.
  assert.ok((readinessOf(now)?.message ?? "").length < 8_000);
}

function urlOf(source: KubeObject): string {
  return String(fieldOf(source, "status", "artifact", "url"));
}
