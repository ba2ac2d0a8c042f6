import assert from "node:assert/strict";
import {
  type Budget,
  defaultBudget,
  fail,
  type FileTree,
  limitTime,
  ok,
  type Result,
  systemClock,
  treeOf,
} from "../base/mod.ts";
import { buildManifests, type Manifests } from "./build.ts";
import { type BuildPool, type BuildPoolOptions, openBuildPool } from "./build_pool.ts";
import type { BuildSpec } from "./spec.ts";

const UNRULY = new URL("../testing/unruly_thread.ts", import.meta.url);
/** Beyond what is built without a thread. */
const MANY = 200;

/** So many ConfigMaps, ten in a file. */
function treeWith(count: number, extra: Readonly<Record<string, string>> = {}): FileTree {
  const files: Record<string, string> = { ...extra };
  for (let number = 0; number < count; number++) {
    files[`m${Math.floor(number / 10)}.yaml`] ??= "";
    files[`m${Math.floor(number / 10)}.yaml`] += `---
apiVersion: v1
kind: ConfigMap
metadata: {name: m${number}}
data: {key: "\${who}"}
`;
  }
  return treeOf(files);
}

interface Asked {
  readonly key?: string;
  readonly tree?: FileTree;
  readonly spec?: BuildSpec;
  readonly budget?: Budget;
  readonly limitMs?: number;
  readonly variables?: ReadonlyMap<string, string>;
}

async function ask(
  pool: BuildPool,
  { limitMs = 600_000, ...asked }: Asked = {},
): Promise<Result<Manifests>> {
  const { result } = await pool.build({
    key: "apps/a",
    tree: treeWith(MANY),
    spec: {},
    budget: limited(limitMs),
    ...asked,
  });
  return result;
}

function openPool(options: Partial<BuildPoolOptions> = {}): BuildPool {
  return openBuildPool({ clock: systemClock, heapMib: 128, ...options });
}

function openUnruly(options: Partial<BuildPoolOptions> = {}): BuildPool {
  return openPool({ threadUrl: UNRULY, graceMs: 100, ...options });
}

function limited(limitMs: number): Budget {
  return limitTime(defaultBudget(), systemClock, limitMs);
}

Deno.test("openBuildPool() builds in a thread what buildManifests() builds", async () => {
  await using pool = openPool();
  const odd = `apiVersion: v1
kind: ConfigMap
metadata: {name: odd, uid: 9223372036854775807, generation: 1.0, creationTimestamp: 2001-12-14}
zebra: [0x1F, 1e3, .5, yes, ~, "\\u0001", "é"]
apple: {"2": b, "1": a, __proto__: c}
`;
  const tree = treeWith(MANY, { "odd.yaml": odd });
  const spec = { postBuild: {}, namePrefix: "x-" };
  const variables = new Map([["who", "you"]]);

  const got = await ask(pool, { tree, spec, variables });

  const want = buildManifests(tree, spec, { budget: defaultBudget(), variables });
  assert.ok(got.ok && want.ok);
  assert.deepEqual(got.value.objects, want.value.objects);
  assert.deepEqual(keysOf(got.value.objects), keysOf(want.value.objects));
  assert.deepEqual(got.value.filesRead, want.value.filesRead);
  assert.deepEqual(got.value.places, want.value.places);
  assert.equal(got.value.digest, want.value.digest);
  assert.equal(got.value.toYaml(), want.value.toYaml());
});

Deno.test("openBuildPool() starts no thread for a small build", async () => {
  await using pool = openUnruly();

  const got = await ask(pool, { tree: treeWith(3), spec: {} });

  // The thread would end at this path, which is none of the tree's.
  const missing = await ask(pool, { tree: treeWith(3), spec: { path: "exit" } });
  assert.equal(got.ok && got.value.objects.length, 3);
  assert.equal(!missing.ok && missing.code, "PathNotFound");
});

Deno.test("openBuildPool() lets the event loop turn while a thread builds", async () => {
  await using pool = openPool();
  let turns = 0;
  const timer = setInterval(() => turns++, 1);

  const got = await ask(pool, { tree: treeWith(2_000) });

  clearInterval(timer);
  assert.equal(got.ok && got.value.objects.length, 2_000);
  // In one go there would be none.
  assert.ok(turns > 20, `${turns} turns`);
});

Deno.test("openBuildPool() says which remote bases a build in a thread needs, and takes them", async () => {
  await using pool = openPool();
  const address = "github.com/org/repo";
  const tree = treeOf({ "kustomization.yaml": `resources: [${address}]\nnamePrefix: x-\n` });
  const job = { key: "apps/a", tree: deep(tree), spec: {}, budget: defaultBudget() };
  const base = treeOf({
    "base/kustomization.yaml": "resources: [a.yaml]\n",
    "base/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
  });

  const refused = await pool.build(job);
  const asked = await pool.build({ ...job, remotes: new Map() });
  const failed = await pool.build({ ...job, remotes: new Map([[address, fail("X", "down")]]) });
  const given = new Map([[address, ok({ tree: base, path: "base" })]]);
  const { result } = await pool.build({ ...job, remotes: given });

  assert.match(refused.result.ok ? "" : refused.result.message, /--no-remote-bases/);
  assert.deepEqual(asked.needed, [address]);
  assert.match(failed.result.ok ? "" : failed.result.message, /down/);
  assert.equal(result.ok && result.value.objects[0]?.metadata.name, "x-a");
});

const failures: { name: string; asked: Asked; code: string; message: RegExp }[] = [
  {
    name: "a wrong input",
    asked: { tree: treeWith(MANY, { "kustomization.yaml": "resources: [nope.yaml]\n" }) },
    code: "BuildFailed",
    message: /nope\.yaml/,
  },
  {
    name: "more resources than the budget has",
    asked: { budget: { ...defaultBudget(), resources: MANY - 1 } },
    code: "BudgetExceeded",
    message: /^kustomize build exceeds its limits: More than 199 resources .*; split it into/,
  },
  {
    name: "no time left",
    asked: { tree: treeWith(40_000), limitMs: 1_000 },
    code: "BudgetExceeded",
    message: /^kustomize build exceeds its limits: Time is up at .*; split it into/,
  },
];

for (const { name, asked, code, message } of failures) {
  Deno.test(`openBuildPool() gives a thread's failure for ${name}`, async () => {
    await using pool = openPool();
    // Its thread runs, so that no time goes by in which it starts.
    await ask(pool);

    const got = await ask(pool, asked);

    assert.ok(!got.ok);
    assert.equal(got.code, code);
    assert.match(got.message, message);
  });
}

const ends: { path: string; name: string; code: string; message: RegExp }[] = [
  {
    path: "spin",
    name: "does not look at the time",
    code: "BudgetExceeded",
    message: /exceeds its limits: it did not end in time; split it into several/,
  },
  {
    path: "heap",
    name: "exhausts its heap",
    code: "BudgetExceeded",
    message: /exceeds its limits: it needs more than 128 MiB of memory; split it into several/,
  },
  {
    path: "exit",
    name: "ends its thread",
    code: "BuildFailed",
    message: /kustomize build failed: the thread of the build ended/,
  },
];

for (const { path, name, code, message } of ends) {
  Deno.test(`openBuildPool() lets only the build fail that ${name}`, async () => {
    await using pool = openUnruly();
    const tree = treeWith(MANY, { [`${path}/x.yaml`]: "" });
    // Both threads run, so that no time goes by in which they start.
    await Promise.all([ask(pool, { key: "apps/bad" }), ask(pool, { key: "apps/good" })]);
    const limitMs = path === "spin" ? 1_500 : 60_000;

    const [bad, good] = await Promise.all([
      ask(pool, { key: "apps/bad", tree: deep(tree), spec: { path }, limitMs }),
      ask(pool, { key: "apps/good" }),
    ]);

    assert.ok(!bad.ok);
    assert.equal(bad.code, code);
    assert.match(bad.message, message);
    assert.equal(good.ok && good.value.objects.length, MANY);
    const next = await ask(pool, { key: "apps/bad" });
    assert.equal(next.ok && next.value.objects.length, MANY, "another thread takes its place");
  });
}

Deno.test("openBuildPool() throws what a thread throws: it is a mistake of ours", async () => {
  await using pool = openUnruly();

  const got = ask(pool, { tree: deep(treeWith(1)), spec: { path: "throw" } });

  await assert.rejects(got, /a mistake of ours/);
  assert.ok((await ask(pool)).ok, "the thread goes on");
});

Deno.test("openBuildPool() starts no more threads when too many do not end", async () => {
  await using pool = openUnruly({ threads: 1 });
  const tree = deep(treeWith(1));
  for (let turn = 0; turn < 2; turn++) {
    await ask(pool, { tree });
    const stuck = await ask(pool, { tree, spec: { path: "spin" }, limitMs: 100 });
    assert.equal(!stuck.ok && stuck.code, "BudgetExceeded");
  }

  const refused = await ask(pool, { tree });
  const small = await ask(pool, { key: "apps/small", tree: treeWith(1) });

  assert.equal(!refused.ok && refused.code, "Unavailable");
  assert.ok(small.ok, "what needs no thread is built as ever");
});

Deno.test("openBuildPool() forgets a thread that ends after it was given up", async () => {
  await using pool = openUnruly({ threads: 1 });
  const tree = deep(treeWith(1));
  for (let turn = 0; turn < 2; turn++) {
    await ask(pool, { tree });
    await ask(pool, { tree, spec: { path: "spin-a-little" }, limitMs: 50 });
  }
  let got = await ask(pool, { tree });
  for (let tries = 0; !got.ok && tries < 200; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    got = await ask(pool, { tree });
  }

  assert.ok(got.ok, got.ok ? "" : got.message);
});

Deno.test("openBuildPool() calls off a build, running or waiting", async () => {
  await using pool = openUnruly({ threads: 1 });
  const calledOff = new AbortController();
  const budget = defaultBudget(calledOff.signal);
  const tree = deep(treeWith(1));

  const running = ask(pool, { key: "a", tree, spec: { path: "spin" }, budget });
  const waiting = ask(pool, { key: "b", tree, budget });
  setTimeout(() => calledOff.abort(), 300);

  for (const got of await Promise.all([running, waiting])) {
    assert.equal(!got.ok && got.code, "Cancelled");
  }
  assert.ok((await ask(pool, { key: "c", tree })).ok, "another thread takes its place");
});

Deno.test("openBuildPool() serves those who wait in their order", async () => {
  await using pool = openPool({ threads: 1 });
  const tree = treeWith(MANY);
  const order: string[] = [];

  const keys = ["a", "b", "c", "d"];
  await Promise.all(keys.map(async (key) => {
    await ask(pool, { key, tree });
    order.push(key);
  }));

  assert.deepEqual(order, keys);
});

/** A tree that is large by its files alone. */
function deep(tree: FileTree): FileTree {
  const [first] = tree.values();
  if (first === undefined) throw new Error("unreachable: the tree has a file");
  const many = Array.from({ length: 5_001 }, (_, index) => [`d/${index}.txt`, first] as const);
  return new Map([...tree, ...many]);
}

function keysOf(objects: readonly object[]): string[][] {
  return objects.map((object) => Object.keys(object));
}
