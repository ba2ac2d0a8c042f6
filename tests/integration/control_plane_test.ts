/**
 * The control plane that the other integration tests stand on does what they take for granted.
 *
 * @module
 */
import assert from "node:assert/strict";
import { useTestCluster } from "../support/control_plane.ts";

const cluster = useTestCluster();
const TIMEOUT = "--timeout=60s";

/** A Deployment or Job whose pods end as `fate` says. */
function workload(kind: "Deployment" | "Job", fate: "run" | "hang" | "fail"): string {
  const template = {
    metadata: { labels: { app: "x" }, annotations: { "sluice.dev/test-pod": fate } },
    spec: {
      containers: [{ name: "main", image: "example.com/x:1" }],
      ...(kind === "Job" ? { restartPolicy: "Never" } : {}),
    },
  };
  return JSON.stringify({
    apiVersion: kind === "Job" ? "batch/v1" : "apps/v1",
    kind,
    metadata: { name: "x" },
    spec: kind === "Job"
      ? { backoffLimit: 0, template }
      : { replicas: 2, selector: { matchLabels: { app: "x" } }, template },
  });
}

Deno.test("pods become ready, hang or crash as their annotation says", async (t) => {
  const cases = [
    {
      name: "Deployment run",
      kind: "Deployment",
      fate: "run",
      want: "jsonpath={.status.readyReplicas}=2",
    },
    {
      name: "Deployment hang",
      kind: "Deployment",
      fate: "hang",
      want: "jsonpath={.status.unavailableReplicas}=2",
    },
    {
      name: "Deployment fail",
      kind: "Deployment",
      fate: "fail",
      want: "jsonpath={.status.unavailableReplicas}=2",
    },
    { name: "Job run", kind: "Job", fate: "run", want: "condition=Complete" },
    { name: "Job fail", kind: "Job", fate: "fail", want: "condition=Failed" },
  ] as const;
  for (const { name, kind, fate, want } of cases) {
    await t.step(name, async () => {
      await using namespace = await cluster.openNamespace();
      await namespace.kubectl(["apply", "-f", "-"], workload(kind, fate));

      const got = await namespace.kubectl(["wait", `--for=${want}`, TIMEOUT, `${kind}/x`]);

      assert.match(got, /condition met/);
    });
  }
});

Deno.test("a crashing pod waits in CrashLoopBackOff", async () => {
  await using namespace = await cluster.openNamespace();
  await namespace.kubectl(["apply", "-f", "-"], workload("Deployment", "fail"));

  // To wait for pods is an error as long as there are none.
  await namespace.kubectl([
    "wait",
    "--for=jsonpath={.status.replicas}=2",
    TIMEOUT,
    "deployment/x",
  ]);
  await namespace.kubectl([
    "wait",
    "--for=jsonpath={.status.containerStatuses[0].state.waiting.reason}=CrashLoopBackOff",
    TIMEOUT,
    "pod",
    "--selector=app=x",
  ]);
});

Deno.test("deleting an owner collects what it owns", async () => {
  await using namespace = await cluster.openNamespace();
  await namespace.kubectl(["apply", "-f", "-"], workload("Deployment", "run"));
  await namespace.kubectl(["wait", "--for=condition=Available", TIMEOUT, "deployment/x"]);

  await namespace.kubectl(["delete", "deployment/x", "--wait=false"]);

  await namespace.kubectl(["wait", "--for=delete", TIMEOUT, "pod", "--selector=app=x"]);
});

Deno.test("a service account may do nothing until it is told", async () => {
  await using namespace = await cluster.openNamespace();
  const who = `--as=system:serviceaccount:${namespace.name}:default`;
  const ask = async () =>
    (await namespace.kubectl(["auth", "can-i", "--list", who])).includes("configmaps");
  assert.equal(await ask(), false);

  await namespace.letEdit("default");

  assert.equal(await ask(), true);
});
