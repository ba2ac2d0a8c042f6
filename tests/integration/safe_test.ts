/**
 * What a Kustomization does not do by itself: undo, delete and recreate only as far as it was told to.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { KubeObject, ObjectRef } from "../../lib/kube/mod.ts";
import { fieldOf } from "../../tools/demo/observe.ts";
import {
  type App,
  configMapRef,
  configMapYaml,
  deploymentRef,
  deploymentYaml,
  inventoryOf,
  isGone,
  openApp,
  pause,
  useApps,
  valueOf,
} from "../support/app.ts";
import { runSluice } from "../support/sluice.ts";
import {
  gitRepository,
  gitRepositoryRef,
  kustomization,
  kustomizationRef,
} from "../support/toolkit.ts";

/** Longer than a change takes to be noticed, judged and answered. */
const QUIET_MS = 700;
/** Between repairs of what is fought over, at first. */
const FIRST_PAUSE_MS = 2_000;

const tools = useApps();
const { toolkit } = tools;

async function patch(ref: ObjectRef, patch: unknown): Promise<KubeObject> {
  const options = { fieldManager: "somebody", type: "merge" } as const;
  const patched = await toolkit.cluster.patch(ref, patch, options);
  if (!patched.ok) throw new Error(patched.message);
  return patched.value;
}

async function annotate({ applied }: App, annotations: Record<string, string | null>) {
  await patch(applied, { metadata: { annotations } });
}

/** The same, and a run that goes by them is over: the watch of what was applied may be faster than this one. */
async function annotateFirst(app: App, annotations: Record<string, string | null>) {
  await annotate(app, annotations);
  await app.runAgain();
}

/** The message of a condition that is True, or False for `Ready`. */
function messageOf(object: KubeObject | undefined, type: string): string | undefined {
  const conditions = fieldOf(object, "status", "conditions");
  const found: unknown = Array.isArray(conditions)
    ? conditions.find((condition) => fieldOf(condition, "type") === type)
    : undefined;
  return found === undefined ? undefined : String(fieldOf(found, "message"));
}

/** Waits until `Drifted` says exactly this. */
async function untilDrifted(app: App, lines: readonly string[]): Promise<void> {
  const want = lines.length === 0 ? undefined : lines.join("\n");
  await toolkit.until(
    app.applied,
    `drifted as in ${want}`,
    (object) => messageOf(object, "Drifted") === want,
  );
}

Deno.test("sluice.dev/drift: Inform", async (t) => {
  const web = deploymentYaml("web", { replicas: 1 });
  await using app = await openApp(tools, {
    files: { "a.yaml": configMapYaml("a", "one"), "web.yaml": web },
  });
  const [a, deployment] = [configMapRef(app.ns, "a"), deploymentRef(app.ns, "web")];
  const replicasOf = async () => fieldOf(await toolkit.read(deployment), "spec", "replicas");
  const byHand = `Deployment/${app.ns}/web changed by somebody: /spec/replicas`;
  await annotateFirst(app, { "sluice.dev/drift": "Inform" });
  const sluice = (...words: string[]) => runSluice(tools.cluster, app.ns, ...words);

  await t.step("names what others changed, and leaves it", async () => {
    const changed = await patch(deployment, { spec: { replicas: 3 } });
    await untilDrifted(app, [byHand]);
    await pause(QUIET_MS);

    const live = await toolkit.read(deployment);
    assert.equal(live.metadata.generation, changed.metadata.generation);
    await toolkit.untilReady(app.applied, { status: "True" });
  });
  await t.step("does not correct at a request", async () => {
    await app.runAgain();
    assert.equal(await replicasOf(), 3);
  });
  await t.step("applies a new revision around it", async () => {
    const files = { "web.yaml": deploymentYaml("web", { replicas: 2, image: "x:2" }) };
    await app.rollOut({ files });

    const live = await toolkit.read(deployment);
    assert.equal(fieldOf(live, "spec", "replicas"), 3);
    const image = ["spec", "template", "spec", "containers", 0, "image"];
    assert.equal(fieldOf(live, ...image), "example.test/x:2");
    await untilDrifted(app, [byHand]);
  });
  await t.step("finds the item of a list by its name", async () => {
    const containers = [
      { name: "sidecar", image: "example.test/s:1" },
      { name: "main", image: "example.test/hand:1" },
    ];
    const template = { spec: { containers } };
    await patch(deployment, { spec: { template } });
    const image = "/spec/template/spec/containers/1/image";
    await untilDrifted(app, [
      `Deployment/${app.ns}/web changed by somebody: /spec/replicas, ${image}`,
    ]);
    const next = deploymentYaml("web", { replicas: 2, image: "x:3" }).replace(
      "        - name: main",
      '        - name: main\n          command: ["new"]',
    );
    await app.rollOut({ files: { "web.yaml": next } });

    const live = await toolkit.read(deployment);
    const main = fieldOf(live, "spec", "template", "spec", "containers", 1);
    assert.deepEqual([fieldOf(main, "image"), fieldOf(main, "command")], ["example.test/hand:1", [
      "new",
    ]]);
  });
  await t.step("does not make again what others deleted", async () => {
    await toolkit.remove(a);
    await toolkit.until(
      app.applied,
      "named",
      (object) =>
        messageOf(object, "Drifted")?.startsWith(`ConfigMap/${app.ns}/a deleted\n`) === true,
    );
    await pause(QUIET_MS);
    assert.equal((await toolkit.cluster.get(a)).ok, false);
  });
  await t.step("is shown, with the values, by sluice drift", async () => {
    const { code, out, err } = await sluice("drift", "app");
    const words = out.replace(/ +/g, " ").replace(/T\S+Z/g, "T").replace(/\d{4}-\d\d-\d\d/g, "D");

    assert.deepEqual([code, err], [1, ""]);
    assert.equal(
      words.slice(words.indexOf(":") + 1).split("\n").slice(1).join("\n"),
      `
ConfigMap/${app.ns}/a was deleted

Deployment/${app.ns}/web
 PATH IN GIT IN CLUSTER CHANGED BY
 /spec/replicas 2 3 somebody at DT
 /spec/template/spec/containers/1/image "example.test/x:3" "example.test/hand:1" somebody at DT
`,
    );
    assert.equal((await sluice("drift", "nobody")).code, 2);
  });
  await t.step("is corrected once by sluice reconcile --correct", async () => {
    const { code, out, err } = await sluice("reconcile", "kustomization", "app", "--correct");

    assert.deepEqual([code, err], [0, ""]);
    assert.match(out, /^Applied revision: main@sha1:/);
    assert.deepEqual([await replicasOf(), valueOf(await toolkit.read(a))], [2, "one"]);
    await untilDrifted(app, []);
    assert.equal((await sluice("drift")).code, 0);

    await patch(a, { data: { key: "hand" } });
    await untilDrifted(app, [`ConfigMap/${app.ns}/a changed by somebody: /data/key`]);
    await patch(a, { data: { key: "one" } });
    await untilDrifted(app, []);
  });
});

Deno.test("who changes back what is repaired is named, and answered less often", async () => {
  await using app = await openApp(tools, { files: { "a.yaml": configMapYaml("a", "one") } });
  const ref = configMapRef(app.ns, "a");
  let isOver = false;
  let repairs = 0;
  const fight = (async () => {
    while (!isOver) {
      if (valueOf(await toolkit.read(ref)) === "one") {
        await patch(ref, { data: { key: "two" } });
        repairs++;
      }
      await pause(20);
    }
  })();

  const named = await toolkit.until(
    app.applied,
    "contested",
    (object) => messageOf(object, "DriftContested") !== undefined,
  );
  const before = repairs;
  const began = performance.now();
  await pause(1_500);
  isOver = true;
  const watchedMs = performance.now() - began;
  await fight;

  const line = `ConfigMap/${app.ns}/a changed by somebody: /data/key`;
  assert.equal(messageOf(named, "DriftContested")?.split("\n")[0], line);
  assert.ok(before >= 10, `${before} repairs before it was named`);
  const most = 1 + Math.floor(watchedMs / FIRST_PAUSE_MS);
  assert.ok(repairs - before <= most, `${repairs - before} repairs in ${watchedMs} ms after that`);
});

Deno.test("an object that two Kustomizations own", async (t) => {
  await using app = await openApp(tools, {
    files: { "one/a.yaml": configMapYaml("a", "one"), "two/a.yaml": configMapYaml("a", "two") },
    spec: { path: "./one" },
  });
  const second = kustomizationRef(app.ns, "second");
  const ref = configMapRef(app.ns, "a");
  const { uid } = (await toolkit.read(ref)).metadata;

  await t.step("is named on both", async () => {
    const sourceRef = { kind: "GitRepository", name: "app" };
    const spec = { path: "./two", targetNamespace: app.ns, sourceRef };
    await toolkit.apply(kustomization(app.ns, "second", spec));
    const ready = await toolkit.untilReady(second, { status: "True" });

    const line = (name: string) =>
      `ConfigMap/${app.ns}/a is owned by Kustomization/${app.ns}/${name}, too`;
    assert.equal(messageOf(ready, "OwnershipConflict")?.split("\n")[0], line("app"));
    // The other one has an event.
    await toolkit.untilEvent(app.ns, line("second"));
  });
  await t.step("is handed over by who no longer wants it", async () => {
    await app.repository.commit({
      delete: ["two/a.yaml"],
      files: { "two/b.yaml": configMapYaml("b", "two") },
    });
    await toolkit.nudge(app.source);

    const after = await toolkit.until(ref, "the other's", (object) => valueOf(object) === "one");
    assert.equal(after?.metadata.uid, uid);
    await toolkit.until(
      second,
      "of one mind",
      (object) => messageOf(object, "OwnershipConflict") === undefined,
    );
  });
  await toolkit.remove(second);
});

Deno.test("an object that moves in one commit is the same one afterwards", async () => {
  const a = configMapYaml("a", "1");
  const others = { "one/b.yaml": configMapYaml("b", "1"), "two/c.yaml": configMapYaml("c", "1") };
  await using app = await openApp(tools, {
    files: { "one/a.yaml": a, ...others },
    spec: { path: "./one" },
  });
  const second = kustomizationRef(app.ns, "second");
  const sourceRef = { kind: "GitRepository", name: "app" };
  const spec = { path: "./two", targetNamespace: app.ns, sourceRef };
  await toolkit.apply(kustomization(app.ns, "second", spec));
  await toolkit.untilReady(second, { status: "True" });
  const ref = configMapRef(app.ns, "a");
  const { uid } = (await toolkit.read(ref)).metadata;

  for (const [from, to, owner] of [["one", "two", "second"], ["two", "one", "app"]] as const) {
    const commit = await app.repository.commit({
      delete: [`${from}/a.yaml`],
      files: { [`${to}/a.yaml`]: a },
    });
    await toolkit.nudge(app.source);
    await toolkit.untilReady(app.applied, { status: "True", commit });
    await toolkit.untilReady(second, { status: "True", commit });

    const { metadata } = await toolkit.read(ref);
    assert.equal(metadata.uid, uid, `moved to ${to}`);
    assert.equal(metadata.labels?.["kustomize.toolkit.fluxcd.io/name"], owner);
  }
  await toolkit.remove(second);
});

Deno.test("a namespace that is pruned stays until what others have in it has gone", async () => {
  await using app = await openApp(tools, { files: { "a.yaml": configMapYaml("a", "1") } });
  const name = `${app.ns}-team`;
  const namespace = { apiVersion: "v1", kind: "Namespace", name };
  const metadata = `metadata: {name: ${name}}`;
  // A target namespace would rename it.
  await app.respec({ targetNamespace: undefined, path: "./spaces" });
  const manifest = `apiVersion: v1\nkind: Namespace\n${metadata}\n`;
  await app.rollOut({ files: { "spaces/n.yaml": manifest, "spaces/m.yaml": namespaced(app.ns) } });
  await toolkit.apply(gitRepository(name, "theirs", { url: app.repository.url }));

  await app.rollOut({ delete: ["spaces/n.yaml"] });
  const kept = await toolkit.read(namespace);
  assert.equal(kept.metadata.deletionTimestamp, undefined);
  assert.ok(inventoryOf(await toolkit.read(app.applied)).includes(`_${name}__Namespace`));

  await toolkit.remove(gitRepositoryRef(name, "theirs"));
  await toolkit.nudge(app.applied);
  await toolkit.until(
    namespace,
    "going",
    (object) => object === undefined || object.metadata.deletionTimestamp !== undefined,
  );
});

function namespaced(namespace: string): string {
  return configMapYaml("m", "1", `  namespace: ${namespace}\n`);
}

Deno.test("a prune that is held", async (t) => {
  const names = ["a", "b", "c"];
  const files = Object.fromEntries(names.map((name) => [`${name}.yaml`, configMapYaml(name, "1")]));
  await using app = await openApp(tools, { files });
  const isThere = async (name: string) =>
    (await toolkit.cluster.get(configMapRef(app.ns, name))).ok;
  await annotateFirst(app, { "sluice.dev/max-prune": "1" });

  await t.step("deletes nothing, and says what it waits for", async () => {
    await app.repository.commit({ delete: ["b.yaml", "c.yaml"] });
    await toolkit.nudge(app.source);
    const held = await toolkit.untilReady(app.applied, { status: "False", reason: "PruneHeld" });

    assert.deepEqual([await isThere("b"), await isThere("c")], [true, true]);
    assert.equal(inventoryOf(held).length, 3);
  });
  await t.step("goes on when exactly that is confirmed", async () => {
    const message = messageOf(await toolkit.read(app.applied), "Ready") ?? "";
    const digest = /sluice\.dev\/confirm=(\w+)/.exec(message)?.[1] ?? assert.fail(message);
    await annotate(app, { "sluice.dev/confirm": digest });
    const ready = await toolkit.untilReady(app.applied, { status: "True" });

    assert.deepEqual([await isThere("a"), await isThere("b"), await isThere("c")], [
      true,
      false,
      false,
    ]);
    assert.equal(inventoryOf(ready).length, 1);
  });
  await t.step("holds on to its annotation's allowed values", async () => {
    await annotate(app, { "sluice.dev/max-prune": "many" });
    await toolkit.untilReady(app.applied, { status: "False", reason: "InvalidAnnotation" });
    await annotate(app, { "sluice.dev/max-prune": null });
    await toolkit.untilReady(app.applied, { status: "True" });
  });
});

const CLAIM = `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
`;

Deno.test("spec.force", async (t) => {
  const web = deploymentYaml("web");
  await using app = await openApp(tools, {
    files: { "web.yaml": web, "claim.yaml": CLAIM },
    spec: { force: true },
  });
  const deployment = deploymentRef(app.ns, "web");
  const claim = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    namespace: app.ns,
    name: "data",
  };
  const uids = async () => [
    (await toolkit.read(deployment)).metadata.uid,
    (await toolkit.read(claim)).metadata.uid,
  ];
  const before = await uids();
  const commit = async (files: Record<string, string>, message: string) => {
    await app.repository.commit({ files });
    await toolkit.nudge(app.source);
    return await toolkit.untilReady(app.applied, { status: "False", message });
  };

  await t.step("deletes nothing for what the server would refuse", async () => {
    // Another selector alone: it no longer selects the template's pods.
    const wrong = web.replace("matchLabels: {app: web}", "matchLabels: {app: other}");
    const failed = await commit({ "web.yaml": wrong }, "it is not made anew");

    assert.match(
      messageOf(failed, "Ready") ?? "",
      /does not match template `labels` \(web\.yaml:1\)/,
    );
    assert.deepEqual(await uids(), before);
  });
  await t.step("deletes no claim that does not say so itself", async () => {
    const other = CLAIM.replace("ReadWriteOnce", "ReadWriteMany");
    await commit({ "web.yaml": web, "claim.yaml": other }, "spec.force does not delete");

    assert.deepEqual(await uids(), before);
    const annotated = other.replace(
      "{name: data}",
      '{name: data, annotations: {kustomize.toolkit.fluxcd.io/force: "Enabled"}}',
    );
    // Nobody mounts it, so the protection of claims in use lets it go at once.
    await app.rollOut({ files: { "claim.yaml": annotated } });
    assert.notEqual((await uids())[1], before[1]);
  });
  await t.step("makes anew what the server will take", async () => {
    const other = web.replaceAll("{app: web}", "{app: other}");
    await app.rollOut({ files: { "web.yaml": other } });
    assert.notEqual((await uids())[0], before[0]);
  });
});

Deno.test("a delete that admission denies keeps its object on record", async () => {
  await using app = await openApp(tools, {
    files: { "a.yaml": configMapYaml("a", "1"), "b.yaml": configMapYaml("b", "1") },
  });
  const ref = configMapRef(app.ns, "b");
  const name = `keep-${app.ns}`;
  const group = "admissionregistration.k8s.io";
  await toolkit.apply({
    apiVersion: `${group}/v1`,
    kind: "ValidatingAdmissionPolicy",
    metadata: { name },
    spec: {
      matchConstraints: {
        resourceRules: [{
          apiGroups: [""],
          apiVersions: ["v1"],
          operations: ["DELETE"],
          resources: ["configmaps"],
        }],
      },
      validations: [{ expression: `request.namespace != '${app.ns}'`, message: "kept" }],
    },
  }, {
    apiVersion: `${group}/v1`,
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name },
    spec: { policyName: name, validationActions: ["Deny"] },
  });
  // A new policy is not in force at once.
  for (let tries = 0; (await toolkit.cluster.remove(ref, { dryRun: true })).ok; tries++) {
    assert.ok(tries < 1_000, "the policy is not in force");
    await pause(50);
  }

  await app.repository.commit({ delete: ["b.yaml"] });
  await toolkit.nudge(app.source);
  const failed = await toolkit.untilReady(app.applied, { status: "False", reason: "PruneFailed" });
  assert.ok(inventoryOf(failed).includes(`${app.ns}_b__ConfigMap`));

  const binding = { apiVersion: `${group}/v1`, kind: "ValidatingAdmissionPolicyBinding", name };
  await toolkit.remove(binding);
  await toolkit.remove({ ...binding, kind: "ValidatingAdmissionPolicy" });
  for (let tries = 0; !(await toolkit.cluster.remove(ref, { dryRun: true })).ok; tries++) {
    assert.ok(tries < 1_000, "the policy is still in force");
    await pause(50);
  }
  await app.runAgain();
  await toolkit.until(ref, "gone", isGone);
});
