/**
 * Objects that are too large, too long named, refused, held, or taken away meanwhile: the error names them, the
 * others are not disturbed, and what mends the cause is enough (rows 35 to 45).
 *
 * @module
 */
import assert from "node:assert/strict";
import type { KubeObject } from "../../lib/kube/mod.ts";
import { readinessOf } from "../../tools/demo/observe.ts";
import { policyFor, webhookFor } from "../support/admission.ts";
import {
  type App,
  configMapRef,
  configMapYaml,
  inventoryOf,
  isGone,
  openApp,
  useApps,
  valueOf,
} from "../support/app.ts";
import { lookUntil } from "../support/look_until.ts";
import { kustomization, kustomizationRef } from "../support/toolkit.ts";

const tools = useApps();
const { cluster, toolkit } = tools;
/** What is mended is seen at the next try. */
const SOON = { retryInterval: "1s" };
const LONGEST_MESSAGE = 32_768;

const refused: readonly {
  readonly row: string;
  readonly name: string;
  readonly yaml: string;
  /** What `Ready` says. */
  readonly says: RegExp;
}[] = [
  {
    row: "35",
    name: "a ConfigMap beyond a megabyte",
    yaml: configMapYaml("large", "x".repeat(1_100_000)),
    says:
      /^ConfigMap\/[\w-]+\/large dry-run failed \(Invalid\): .*may not be more than 1048576 bytes/,
  },
  {
    row: "35",
    name: "an object beyond what the server reads",
    yaml: configMapYaml("huge", "x".repeat(3_200_000)),
    says: /^ConfigMap\/[\w-]+\/huge dry-run failed .*too large/i,
  },
  {
    row: "35",
    name: "annotations beyond 256 KiB",
    yaml: configMapYaml("noted", "1", `  annotations: {note: "${"x".repeat(263_000)}"}\n`),
    says:
      /^ConfigMap\/[\w-]+\/noted dry-run failed \(Invalid\): .*may not be more than 262144 bytes/,
  },
  {
    row: "36",
    name: "a value that the server's refusal repeats in full",
    yaml: `apiVersion: v1
kind: Service
metadata: {name: chatty}
spec: {ports: [{port: 80}], type: "${"x".repeat(200_000)}"}
`,
    says: /^Service\/[\w-]+\/chatty dry-run failed \(Invalid\)/,
  },
  {
    row: "37",
    name: "a name that is too long for its kind",
    yaml: `apiVersion: v1
kind: Service
metadata: {name: ${"n".repeat(64)}}
spec: {ports: [{port: 80}]}
`,
    says: /^Service\/[\w-]+\/n{64} dry-run failed \(Invalid\): .*no more than 63/,
  },
];

Deno.test("what a server refuses is named, changes nothing, and can be taken back", async (t) => {
  const ends = await Promise.allSettled(refused.map(async ({ yaml, says }) => {
    await using app = await openApp(tools, {
      files: { "good.yaml": configMapYaml("good", "1") },
      spec: SOON,
    });
    await app.repository.commit({
      files: { "good.yaml": configMapYaml("good", "2"), "bad.yaml": yaml },
    });
    await toolkit.nudge(app.source);
    const failed = await toolkit.untilReady(app.applied, {
      status: "False",
      reason: "ReconciliationFailed",
    });
    const { message = "" } = readinessOf(failed) ?? {};
    assert.match(message.slice(0, 500), says);
    assert.ok(message.length <= LONGEST_MESSAGE, `${message.length} characters`);
    assert.equal(valueOf(await toolkit.read(configMapRef(app.ns, "good"))), "1");
    await app.rollOut({ files: { "bad.yaml": null } });
    assert.equal(valueOf(await toolkit.read(configMapRef(app.ns, "good"))), "2");
  }));
  for (const [index, { row, name }] of refused.entries()) {
    await t.step(`${name} (row ${row})`, () => {
      const end = ends[index];
      if (end?.status === "rejected") throw end.reason;
    });
  }
});

Deno.test("a Kustomization with a name that no label can hold says so (row 37)", async () => {
  await using app = await openApp(tools, { files: { "a.yaml": configMapYaml("a", "1") } });
  const name = "k".repeat(64);
  const ref = kustomizationRef(app.ns, name);
  const sourceRef = { kind: "GitRepository", name: "app" };
  await toolkit.apply(kustomization(app.ns, name, { targetNamespace: app.ns, sourceRef }));
  const failed = await toolkit.untilReady(ref, { status: "False" });
  assert.match(readinessOf(failed)?.message ?? "", /63/);
  await toolkit.remove(ref);
  assert.equal(valueOf(await toolkit.read(configMapRef(app.ns, "a"))), "1");
});

Deno.test("admission that refuses some is named for each, and forgotten when it changes its mind (row 45)", async () => {
  await using app = await openApp(tools, {
    files: { "good.yaml": configMapYaml("good", "1") },
    spec: SOON,
  });
  const policy = policyFor(app.ns, `object.metadata.name.startsWith("good")`);
  await cluster.kubectl(["apply", "-f", "-"], policy);
  try {
    await untilRefused(app, /only the good/);
    const commit = await app.repository.commit({
      files: {
        "good.yaml": configMapYaml("good", "2"),
        "bad.yaml": `${configMapYaml("bad-1", "1")}---\n${configMapYaml("bad-2", "1")}`,
      },
    });
    await toolkit.nudge(app.source);
    const failed = await toolkit.untilReady(app.applied, { status: "False" });
    const { message = "" } = readinessOf(failed) ?? {};
    for (const name of ["bad-1", "bad-2"]) {
      assert.match(message, new RegExp(`ConfigMap/${app.ns}/${name} dry-run failed`));
    }
    await cluster.kubectl(["delete", "-f", "-"], policy);
    await toolkit.untilReady(app.applied, { status: "True", commit });
  } finally {
    await cluster.kubectl(["delete", "--ignore-not-found", "-f", "-"], policy);
  }
});

Deno.test("a webhook that nobody answers is named, and not needed any more when it is gone (row 45)", async () => {
  await using app = await openApp(tools, {
    files: { "good.yaml": configMapYaml("good", "1") },
    spec: SOON,
  });
  const webhook = webhookFor(app.ns);
  await cluster.kubectl(["apply", "-f", "-"], webhook);
  try {
    await untilRefused(app, /failed calling webhook/);
    const commit = await app.repository.commit({
      files: { "good.yaml": configMapYaml("good", "2") },
    });
    await toolkit.nudge(app.source);
    await toolkit.untilReady(app.applied, {
      status: "False",
      message:
        `ConfigMap/${app.ns}/good dry-run failed (InternalError): Internal error occurred: ` +
        `failed calling webhook "nobody.test.dev"`,
    });
    await cluster.kubectl(["delete", "-f", "-"], webhook);
    await toolkit.untilReady(app.applied, { status: "True", commit });
  } finally {
    await cluster.kubectl(["delete", "--ignore-not-found", "-f", "-"], webhook);
  }
});

Deno.test("rights that shrink keep what may not be deleted on record, until they are back (row 51)", async () => {
  const rights = (verbs: string) => [
    ...["create", "role", "worker", "--resource=configmaps", `--verb=${verbs}`],
  ];
  const all = "get,list,watch,create,patch,update,delete";
  await using app = await openApp(tools, {
    files: { "a.yaml": configMapYaml("a", "1"), "b.yaml": configMapYaml("b", "1") },
    spec: { ...SOON, serviceAccountName: "worker" },
    async prepare({ kubectl, name }) {
      await kubectl(["create", "serviceaccount", "worker"]);
      await kubectl(rights(all));
      const subject = `--serviceaccount=${name}:worker`;
      await kubectl(["create", "rolebinding", "worker", "--role=worker", subject]);
    },
  });
  async function allow(verbs: string): Promise<void> {
    await app.namespace.kubectl(["delete", "role", "worker"]);
    await app.namespace.kubectl(rights(verbs));
    // The server learns of it by a watch of its own; in between there is no right at all.
    for (const verb of ["delete", "patch"]) {
      const want = String(verbs.split(",").includes(verb));
      assert.equal(await lookUntil(() => askRight(app, verb), (seen) => seen === want), want, verb);
    }
  }
  await allow(all.replace(",delete", ""));
  const commit = await app.repository.commit({
    files: { "a.yaml": configMapYaml("a", "2"), "b.yaml": null },
  });
  await toolkit.nudge(app.source);
  const failed = await toolkit.untilReady(app.applied, {
    status: "False",
    reason: "PruneFailed",
    message: `ConfigMap/${app.ns}/b`,
  });
  assert.match(readinessOf(failed)?.message ?? "", /forbidden/);
  assert.equal(inventoryOf(failed).length, 2);
  assert.equal(valueOf(await toolkit.read(configMapRef(app.ns, "a"))), "2");

  await allow(all);
  await toolkit.untilReady(app.applied, { status: "True", commit });
  await toolkit.until(configMapRef(app.ns, "b"), "gone", isGone);
});

Deno.test("a namespace that is going is named, and its successor is filled (row 41)", async () => {
  await using app = await openApp(tools, {
    files: { "a.yaml": configMapYaml("a", "1") },
    spec: SOON,
  });
  const other = `${app.ns}-going`;
  await cluster.kubectl(["create", "namespace", other]);
  const holder = configMapYaml("holder", "1", `  finalizers: ["sluice.test/hold"]\n`);
  await cluster.kubectl(["--namespace", other, "apply", "-f", "-"], holder);
  await cluster.kubectl(["delete", "namespace", other, "--wait=false"]);

  await app.respec({ ...SOON, targetNamespace: other, prune: false });
  const failed = await toolkit.untilReady(app.applied, { status: "False", message: other });
  const { message = "" } = readinessOf(failed) ?? {};
  assert.match(message, /^Namespace\/[\w-]+ is terminating since .*; 1 object waits for its end/);

  const patch = '{"metadata":{"finalizers":null}}';
  await cluster.kubectl(["--namespace", other, "patch", "configmap", "holder", "-p", patch]);
  const namespace = { apiVersion: "v1", kind: "Namespace", name: other };
  await toolkit.until(namespace, "gone", isGone);
  await cluster.kubectl(["create", "namespace", other]);
  await toolkit.untilReady(app.applied, { status: "True" });
  assert.equal(valueOf(await toolkit.read(configMapRef(other, "a"))), "1");
  await cluster.kubectl(["delete", "namespace", other, "--wait=false"]);
});

Deno.test("objects that somebody deletes while they are applied are there in the end (row 42)", async () => {
  const names = Array.from({ length: 20 }, (_, index) => `m${index}`);
  const all = (value: string) => names.map((name) => configMapYaml(name, value)).join("---\n");
  await using app = await openApp(tools, { files: { "all.yaml": all("0") }, spec: SOON });
  let isOver = false;
  const deleting = (async () => {
    for (let turn = 0; !isOver; turn++) {
      await toolkit.cluster.remove(configMapRef(app.ns, `m${turn % names.length}`));
    }
  })();
  for (const value of ["1", "2"]) {
    await app.repository.commit({ files: { "all.yaml": all(value) } });
    await toolkit.nudge(app.source);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  isOver = true;
  await deleting;
  const ready = await app.rollOut({ files: { "all.yaml": all("3") } });
  assert.equal(inventoryOf(ready).length, names.length);
  for (const name of names) {
    const is3 = (object: KubeObject | undefined) => valueOf(object) === "3";
    await toolkit.until(configMapRef(app.ns, name), "at 3", is3);
  }
});

Deno.test("what is left of a kind that was taken away counts as gone (row 39)", async () => {
  await using app = await openApp(tools, {
    files: { "a.yaml": configMapYaml("a", "1") },
    spec: SOON,
  });
  const definition = definitionOf(`${app.ns}.test.dev`);
  await cluster.kubectl(["apply", "-f", "-"], definition);
  await app.rollOut({
    files: {
      "part.yaml":
        `apiVersion: ${app.ns}.test.dev/v1\nkind: Part\nmetadata: {name: one}\nspec: {}\n`,
    },
  });
  await cluster.kubectl(["delete", "-f", "-"], definition);
  const ready = await app.rollOut({
    files: { "part.yaml": null, "a.yaml": configMapYaml("a", "2") },
  });
  assert.deepEqual(inventoryOf(ready), [`${app.ns}_a__ConfigMap`]);
});

/** Whether the worker of a namespace may do so to ConfigMaps: `true` or `false`. */
async function askRight({ ns }: App, verb: string): Promise<string> {
  const review = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    spec: {
      user: `system:serviceaccount:${ns}:worker`,
      resourceAttributes: { namespace: ns, verb, resource: "configmaps" },
    },
  };
  const words = ["create", "--filename=-", "--output=jsonpath={.status.allowed}"];
  return await cluster.kubectl(words, JSON.stringify(review));
}

/** Admission holds some time after it was made. */
async function untilRefused({ ns }: App, message: RegExp): Promise<void> {
  const probe = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace: ns, name: "probe" },
  };
  const made = await lookUntil(
    () => toolkit.cluster.create(probe, { fieldManager: "test", dryRun: true }),
    ({ ok }) => !ok,
    { againMs: 50 },
  );
  assert.match(made.ok ? "it is let in" : made.message, message);
}

function definitionOf(group: string): string {
  return `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: parts.${group}}
spec:
  group: ${group}
  scope: Namespaced
  names: {kind: Part, plural: parts}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
`;
}
