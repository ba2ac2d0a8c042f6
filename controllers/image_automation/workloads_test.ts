/**
 * Workloads with annotations of Flux v1: what is asked, written and told, with the registry in the test's hands.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fail, ok } from "../../lib/base/mod.ts";
import { openBuildDates, type PullNames } from "../../lib/delivery/mod.ts";
import type { ImageAccess, ImageReader } from "../../lib/oci/mod.ts";
import { FakeClock } from "../../lib/testing/fake_clock.ts";
import { silentLog } from "../../lib/testing/fake_run.ts";
import { memoryDisk } from "../../lib/testing/memory_disk.ts";
import type { AutomationParts } from "./context.ts";
import { automation, fakeContext, FakeRemote, type Fields, manifest } from "./fakes_test.ts";
import {
  finalizeImageUpdateAutomation,
  reconcileImageUpdateAutomation,
} from "./image_update_automation.ts";
import { openScanMemory } from "./scan_memory.ts";

const IMAGE = "ghcr.io/org/web";

function workload(image: string, annotations: Fields = {}, pod = ""): string {
  const all = { "fluxcd.io/automated": "true", ...annotations };
  return [
    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  annotations:",
    ...Object.entries(all).map(([name, value]) => `    ${name}: "${value}"`),
    `spec:\n  template:\n    spec:${pod}\n      containers:`,
    `      - name: web\n        image:   ${image}   # the one`,
    "",
  ].join("\n");
}

/** A registry whose images were made in the order of their tags in `dates`. */
class FakeRegistry {
  /** Questions: `tags`, a tag, a digest. */
  readonly asked: string[] = [];
  readonly accesses: ImageAccess[] = [];
  /** The lists that it was told were known. */
  readonly before: (readonly string[])[] = [];
  readonly pulls: (PullNames & { namespace: string })[] = [];

  constructor(public dates: Record<string, string>) {}

  readonly #reader: ImageReader = {
    fetchDigest: (tag) => {
      this.asked.push(tag);
      return Promise.resolve(ok(`sha256:${tag}`));
    },
    fetchCreated: (digest) => {
      this.asked.push(digest);
      return Promise.resolve(ok(this.dates[digest.slice("sha256:".length)]));
    },
  };

  /** What a context needs of it. */
  get parts(): Partial<AutomationParts> {
    return {
      listTags: (access, _budget, before) => {
        this.asked.push("tags");
        this.before.push(before?.tags ?? []);
        this.accesses.push(access);
        return Promise.resolve(
          ok({ tags: Object.keys(this.dates), pages: new Map(), pageSize: 1 }),
        );
      },
      openReader: () => Promise.resolve(ok(this.#reader)),
      readPullLogin: (namespace, names) => {
        this.pulls.push({ namespace, ...names });
        return Promise.resolve(ok({ username: "me", password: "secret" }));
      },
      listPolicies: () => Promise.resolve([]),
    };
  }
}

/** Runs of one automation, as one process makes them. */
function world(files: Record<string, string>, dates: Record<string, string>) {
  const clock = new FakeClock();
  const remote = new FakeRemote(files);
  const registry = new FakeRegistry(dates);
  const kept: Partial<AutomationParts> = {
    ...registry.parts,
    scans: openScanMemory(),
    dates: openBuildDates({ disk: memoryDisk(clock), path: "dates", log: silentLog }),
  };
  let status: Fields = {};
  async function run(rest: Partial<AutomationParts> = {}, annotations: Fields = {}) {
    const metadata = { name: "bot", namespace: "apps", generation: 1, annotations };
    const object = automation({}, {}, { metadata, status });
    const ctx = fakeContext(remote, { ...kept, ...rest }, clock);
    const outcome = await reconcileImageUpdateAutomation(object, ctx);
    status = { ...status, ...outcome.status };
    return outcome;
  }
  const text = (path = "web.yaml") => remote.tip("main").files[path];
  return { clock, remote, registry, kept, run, text };
}

const DATES = {
  "1.0.0": "2024-03-01T00:00:00Z",
  "1.9.0": "2024-01-01T00:00:00Z",
  "1.10.0": "2024-01-02T00:00:00Z",
  "main-a": "2024-02-01T00:00:00Z",
  "main-b": "2024-01-15T00:00:00Z",
};

/** Dates of as many images: the last is the newest. */
function many(count: number): Record<string, string> {
  const days = Array.from({ length: count }, (_, at) => at);
  return Object.fromEntries(
    days.map((day) => [`t${day}`, new Date((day + 1) * 86_400_000).toISOString()]),
  );
}

const choices: { name: string; annotations?: Fields; image?: string; want: string }[] = [
  { name: "the most recent image where no filter is named", want: `${IMAGE}:1.0.0` },
  {
    name: "the highest version of a range",
    annotations: { "fluxcd.io/tag.web": "semver:~1" },
    want: `${IMAGE}:1.10.0`,
  },
  {
    name: "the most recent image of a glob",
    annotations: { "filter.fluxcd.io/web": "glob:main-*" },
    want: `${IMAGE}:main-a`,
  },
  {
    name: "the most recent image of an expression",
    annotations: { "fluxcd.io/tag.web": "regexp:^1[.](9|10)" },
    want: `${IMAGE}:1.10.0`,
  },
  {
    name: "the new digest of an image that is pinned by one",
    annotations: { "fluxcd.io/tag.web": "semver:*" },
    image: `${IMAGE}:1.9.0@sha256:1.9.0`,
    want: `${IMAGE}:1.10.0@sha256:1.10.0`,
  },
];

for (const { name, annotations, image = `${IMAGE}:0`, want } of choices) {
  Deno.test(`an automated workload gets ${name}`, async () => {
    const { run, text, remote } = world({ "web.yaml": workload(image, annotations) }, DATES);

    const outcome = await run();

    assert.equal(outcome.kind, "ready", outcome.message);
    assert.equal(text(), workload(want, annotations));
    assert.equal(remote.pushes.length, 1);
  });
}

Deno.test("what markers and what annotations want goes into one commit, whose message tells both", async () => {
  const both = `${workload(`${IMAGE}:0`)}---\n${manifest("1")}`;
  const { run, text, remote, registry } = world(
    { "both.yaml": both, "a.yaml": workload("a:0") },
    DATES,
  );
  const { listPolicies } = fakeContext(remote);

  const outcome = await run({ listPolicies });

  assert.equal(text("both.yaml"), `${workload(`${IMAGE}:1.0.0`)}---\n${manifest("2")}`);
  assert.equal(text("a.yaml"), workload("a:1.0.0"));
  assert.match(outcome.events?.[0]?.message ?? "", /\nchanged both\.yaml, a\.yaml, both\.yaml$/);
  assert.equal(remote.pushes.length, 1);
  assert.equal(registry.asked.filter((it) => it === "tags").length, 2);
});

Deno.test("a registry is asked once an interval, at a request, and for no date twice", async () => {
  const { run, text, registry, clock } = world({ "web.yaml": workload(`${IMAGE}:0`) }, DATES);
  await run();
  const first = registry.asked.length;
  registry.dates = { ...DATES, new: "2024-04-01T00:00:00Z" };

  await run();
  await run();
  const between = registry.asked.slice(first);
  await run({}, { "reconcile.fluxcd.io/requestedAt": "now" });
  const requested = registry.asked.slice(first);
  await clock.advance(600_000);
  await run({}, { "reconcile.fluxcd.io/requestedAt": "now" });
  const later = registry.asked.slice(first + requested.length);

  assert.equal(first, 11);
  assert.deepEqual(between, []);
  assert.deepEqual(
    requested.toSorted(),
    [...Object.keys(registry.dates), "sha256:new", "tags"].toSorted(),
  );
  assert.equal(text(), workload(`${IMAGE}:new`));
  assert.deepEqual(later.toSorted(), [...Object.keys(registry.dates), "tags"].toSorted());
  assert.deepEqual(registry.before, [[], Object.keys(DATES), Object.keys(registry.dates)]);
});

Deno.test("where nothing is new, neither git nor the registry is asked for more than that", async () => {
  const { run, registry } = world({ "web.yaml": workload(`${IMAGE}:1.0.0`) }, DATES);
  await run();
  const asked = registry.asked.length;

  const again = await run();
  const git = Object.assign(new FakeRemote({}), {
    listRef: new FakeRemote({}).listRef,
    fetchTree: () => assert.fail("nothing has changed"),
  });
  const settled = await run({ git });

  assert.deepEqual([again.kind, settled.kind, settled.message], [
    "ready",
    "ready",
    "repository up-to-date",
  ]);
  assert.equal(registry.asked.length, asked);
});

Deno.test("a lock stops it, and Ready says whose and why", async () => {
  const annotations = {
    "fluxcd.io/locked": "true",
    "fluxcd.io/locked_user": "ann",
    "fluxcd.io/locked_msg": "freeze",
  };
  const { run, remote, registry } = world(
    { "web.yaml": workload(`${IMAGE}:0`, annotations) },
    DATES,
  );

  const outcome = await run();

  assert.deepEqual([outcome.kind, outcome.message], [
    "ready",
    "repository up-to-date; left alone: default:deployment/web is locked by ann: freeze",
  ]);
  assert.deepEqual([remote.pushes, registry.asked], [[], []]);
});

Deno.test("nothing is asked for what is to be ignored, or not automated", async () => {
  const files = {
    "a.yaml": workload(`${IMAGE}:0`, { "fluxcd.io/ignore": "true" }),
    "b.yaml": workload(`${IMAGE}:0`, { "fluxcd.io/automated": "false" }),
  };
  const { run, remote, registry } = world(files, DATES);

  const outcome = await run();

  assert.deepEqual([outcome.kind, outcome.message], ["ready", "repository up-to-date"]);
  assert.deepEqual([remote.pushes, registry.asked], [[], []]);
});

Deno.test("an image that cannot be chosen is named, and the others are written", async () => {
  const files = {
    "a.yaml": workload("good:0"),
    "b.yaml": workload("bad:0"),
    "c.yaml": workload("none:0", { "fluxcd.io/tag.web": "glob:x*" }),
  };
  const { run, remote, registry, text } = world(files, DATES);
  const { listTags = () => assert.fail() } = registry.parts;
  const parts: Partial<AutomationParts> = {
    listTags: (access, budget, before) =>
      access.image === "bad"
        ? Promise.resolve(fail("Unauthorized", "UNAUTHORIZED: no"))
        : listTags(access, budget, before),
  };

  const outcome = await run(parts);

  assert.deepEqual([outcome.kind, outcome.reason, outcome.message], [
    "retry",
    "UpdateFailed",
    "failed to update workloads: bad by glob:*: UNAUTHORIZED: no; none by glob:x*: no tag fits",
  ]);
  assert.equal(text("a.yaml"), workload("good:1.0.0"));
  assert.equal(outcome.status?.lastPushCommit, remote.tip("main").id);
  assert.deepEqual(outcome.events?.map(({ type, reason }) => `${type} ${reason}`), [
    "Normal Succeeded",
    "Warning UpdateFailed",
  ]);
});

Deno.test("an image without a date is a failure that names the tag", async () => {
  const { run, remote } = world({ "web.yaml": workload(`${IMAGE}:0`) }, {
    a: "",
    b: "2024-01-01T00:00:00Z",
  });

  const outcome = await run();

  assert.equal(outcome.reason, "UpdateFailed");
  assert.match(
    outcome.message,
    /^failed to update workloads: ghcr\.io\/org\/web by glob:\*: tag 'a': /,
  );
  assert.deepEqual(remote.pushes, []);
});

Deno.test("build dates of many images take several runs, each of which says how far it is", async () => {
  const { run, text, registry } = world({ "web.yaml": workload(`${IMAGE}:0`) }, many(200));

  const first = await run();
  const second = await run();

  assert.deepEqual([first.kind, first.reason, first.message], [
    "wait",
    "Progressing",
    "ghcr.io/org/web by glob:*: the build dates of 50 of 200 tags are known so far",
  ]);
  assert.equal(second.kind, "ready", second.message);
  assert.equal(text(), workload(`${IMAGE}:t199`));
  assert.equal(new Set(registry.asked).size, registry.asked.length);
});

Deno.test("a run asks for no more dates because it has looked at the same workloads twice", async () => {
  const files = {
    "a.yaml": workload("a:1.0.0", { "fluxcd.io/tag.web": "semver:*" }),
    "b.yaml": workload("b:1.0.0"),
  };
  const { run, text, registry, clock } = world(files, { "1.0.0": "2024-01-01T00:00:00Z" });
  await run();
  await run();
  registry.dates = { ...registry.dates, "1.1.0": "2024-01-02T00:00:00Z", ...many(400) };
  await clock.advance(600_000);
  registry.asked.length = 0;

  const outcome = await run();

  assert.equal(text("a.yaml"), workload("a:1.1.0", { "fluxcd.io/tag.web": "semver:*" }));
  assert.equal(outcome.reason, "Progressing");
  assert.equal(registry.asked.filter((it) => it !== "tags").length, 250);
});

Deno.test("Secrets are looked for in the automation's own namespace, whatever the manifest says of its own", async () => {
  const pod = "\n      imagePullSecrets: [{name: pull}]\n      serviceAccountName: web";
  const text = workload(`${IMAGE}:0`, {}, pod).replace(
    "  name: web\n  ann",
    "  name: web\n  namespace: theirs\n  ann",
  );
  const { run, registry } = world({ "web.yaml": text }, DATES);

  await run();

  assert.deepEqual(registry.pulls, [
    { namespace: "apps", secrets: ["pull"], serviceAccount: "web" },
  ]);
  assert.deepEqual(registry.accesses, [{
    image: IMAGE,
    insecure: false,
    login: { username: "me", password: "secret" },
  }]);
});

Deno.test("a push that nobody was told of is told by the next process, workloads included", async () => {
  const { run, remote } = world({ "web.yaml": workload(`${IMAGE}:0`) }, DATES);
  await run();

  const told = await world({}, DATES).run({ git: remote });

  assert.equal(told.status?.lastPushCommit, remote.tip("main").id);
  assert.equal(remote.pushes.length, 1);
});

Deno.test("more images than one automation may have are a trouble that names the limit", async () => {
  const files = Object.fromEntries(
    Array.from({ length: 101 }, (_, at) => [`w${at}.yaml`, workload(`app${at}:0`)]),
  );
  const { run, registry } = world(files, { "1": "2024-01-01T00:00:00Z" });

  const outcome = await run();

  assert.match(outcome.message, /: 101 images are automated, of at most 100: make another /);
  assert.equal(registry.asked.filter((it) => it === "tags").length, 100);
});

Deno.test("a deleted automation leaves no scans", async () => {
  const { run, kept } = world({ "web.yaml": workload(`${IMAGE}:1.0.0`) }, DATES);
  await run();
  const { scans = openScanMemory() } = kept;

  await finalizeImageUpdateAutomation(automation(), { scans, told: new Map() });

  const name = { namespace: "apps", name: "bot" };
  assert.deepEqual([scans.lastLook(name), scans.read(name).size], [undefined, 0]);
});
