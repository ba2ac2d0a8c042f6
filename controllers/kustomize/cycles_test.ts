import assert from "node:assert/strict";
import { configMap, openStage, type Stage } from "./fakes_test.ts";

type Links = Readonly<Record<string, readonly (string | { name: string; readyExpr: string })[]>>;

/** Kustomizations that depend on each other; `app`, which runs, is one of them. */
function stageOf(links: Links): { stage: Stage; spec: Record<string, unknown> } {
  const stage = openStage({ "a.yaml": configMap("a", "1") });
  for (const [name, others] of Object.entries(links)) {
    const dependsOn = others.map((other) => typeof other === "string" ? { name: other } : other);
    const object = stage.object({ dependsOn }, { name, resourceVersion: `${name}1` });
    stage.dependencies.set(`apps/${name}`, object);
  }
  const dependsOn = stage.dependencies.get("apps/app")?.spec.dependsOn;
  return { stage, spec: { dependsOn } };
}

const circles: readonly { name: string; links: Links; want: string; members: string[] }[] = [
  { name: "of one", links: { app: ["app"] }, want: "apps/app → apps/app", members: [] },
  {
    name: "of two",
    links: { app: ["b"], b: ["app"] },
    want: "apps/app → apps/b → apps/app",
    members: ["b"],
  },
  {
    name: "of four, by the shortest way",
    links: { app: ["b"], b: ["x", "c"], c: ["d"], d: ["app"], x: ["y"], y: ["c"] },
    want: "apps/app → apps/b → apps/c → apps/d → apps/app",
    members: ["b", "c", "d"],
  },
];

for (const { name, links, want, members } of circles) {
  Deno.test(`a circle ${name} is named, and looked at again when a member changes`, async () => {
    const { stage, spec } = stageOf(links);

    const got = await stage.run(spec);

    assert.equal(got.kind, "stalled");
    assert.equal(got.reason, "DependencyNotReady");
    assert.equal(
      got.message,
      `dependsOn goes in a circle: ${want}; take one of these entries away`,
    );
    const objects = got.until?.kind === "dependency" ? got.until.objects : [];
    assert.deepEqual(
      objects.map(({ name, seen }) => [name, seen]),
      members.map((member) => [member, `${member}1`]),
    );
    assert.deepEqual(got.events?.map(({ type, message }) => [type, message]), [[
      "Warning",
      got.message,
    ]]);
  });
}

const others: readonly { name: string; links: Links }[] = [
  { name: "waits for a circle without being in it", links: { app: ["b"], b: ["c"], c: ["b"] } },
  { name: "waits for one that does not wait", links: { app: ["b"], b: ["c"], c: [] } },
  { name: "waits for one that is not there", links: { app: ["b"] } },
  {
    name: "is waited for by an expression alone",
    links: { app: ["b"], b: [{ name: "app", readyExpr: "true" }] },
  },
];

for (const { name, links } of others) {
  Deno.test(`one that ${name} is not said to be in a circle`, async () => {
    const { stage, spec } = stageOf(links);

    const got = await stage.run(spec);

    assert.equal(got.kind, "wait");
  });
}

Deno.test("a circle whose members are all ready holds nobody up", async () => {
  const { stage, spec } = stageOf({ app: ["b"], b: ["app"] });
  const known = stage.dependencies.get("apps/b");
  const ready = { type: "Ready", status: "True" as const, reason: "x", message: "" };
  assert.ok(known);
  stage.dependencies.set("apps/b", {
    ...known,
    status: {
      observedGeneration: 1,
      lastAppliedRevision: "main@sha1:1",
      conditions: [{ ...ready, lastTransitionTime: "2026-01-01T00:00:00Z" }],
    },
  });

  assert.equal((await stage.run(spec)).kind, "ready");
});

Deno.test("an expression besides the built-in check closes a circle, too", async () => {
  const { stage, spec } = stageOf({ app: ["b"], b: [{ name: "app", readyExpr: "true" }] });
  stage.settings = { additiveReadyExpr: true };

  assert.equal((await stage.run(spec)).kind, "stalled");
});

Deno.test("thousands of dependencies are searched in no time", async () => {
  const names = Array.from({ length: 3_000 }, (_, index) => `k${index}`);
  const links = Object.fromEntries(
    names.map((name, index) => [name, names.slice(index + 1, index + 6)]),
  );
  const { stage, spec } = stageOf({ ...links, app: ["k0"], k2999: ["app"] });

  const began = performance.now();
  const got = await stage.run(spec);

  assert.equal(got.kind, "stalled");
  // Some tenths of a second on a busy machine; path by path it would never end.
  assert.ok(performance.now() - began < 10_000);
});
