import assert from "node:assert/strict";
import { BudgetSpent, defaultBudget, sha256Digest, treeOf } from "../base/mod.ts";
import { openHttp } from "../http/mod.ts";
import { FakeClock } from "../testing/fake_clock.ts";
import { type MemoryDisk, memoryDisk } from "../testing/memory_disk.ts";
import type { Artifact, ArtifactStore, Owner } from "./artifact.ts";
import { fetchArtifact } from "./fetch.ts";
import { answerFileRequest } from "./serve.ts";
import { openArtifactStore } from "./store.ts";

const OWNER: Owner = { kind: "GitRepository", namespace: "apps", name: "web" };
const ID = "ab".repeat(20);
const PATH = `gitrepository/apps/web/${ID}.tar.gz`;

Deno.test("publish() writes an archive and says all about it", async () => {
  const { store, disk } = openFake();

  const got = await store.publish(OWNER, {
    revision: `main@sha1:${ID}`,
    tree: treeOf({ "a.yaml": "x: 1\n" }),
    metadata: { origin: "here" },
  });

  const file = disk.files.get(PATH)?.bytes ?? new Uint8Array();
  assert.deepEqual(got, {
    ok: true,
    value: {
      path: PATH,
      url: `http://source:9090/${PATH}`,
      revision: `main@sha1:${ID}`,
      digest: sha256Digest(file),
      size: file.length,
      lastUpdateTime: "2026-01-01T00:00:00Z",
      metadata: { origin: "here" },
    },
  });
});

Deno.test("publish() gives the same digest for the same files", async () => {
  const one = await publish(openFake().store, "main", { b: "1", a: "2" });
  const two = await publish(openFake().store, "main", { a: "2", b: "1" });

  assert.equal(one.digest, two.digest);
});

Deno.test("publish() leaves out what is skipped", async () => {
  const { store, disk } = openFake();
  const tree = treeOf({ "a.yaml": "1", "b.md": "2" });

  const got = await store.publish(OWNER, {
    revision: `main@sha1:${ID}`,
    tree,
    skip: (path) => path.endsWith(".md"),
  });

  assert.ok(got.ok);
  assert.deepEqual(await fetchedPaths(disk, got.value), ["a.yaml"]);
});

const publishFailures = [
  {
    name: "a full disk",
    prepare: (disk: MemoryDisk) => void (disk.writeFailure = "No space left on device"),
    want: `StorageFailed: Cannot write ${PATH}: No space left on device`,
  },
  {
    name: "rules that cost too much",
    skip: (): boolean => {
      throw new BudgetSpent("time", "too many rules");
    },
    want: "TooLarge: too many rules",
  },
];

for (const { name, prepare, skip, want } of publishFailures) {
  Deno.test(`publish() reports ${name} and leaves no file`, async () => {
    const { store, disk } = openFake();
    prepare?.(disk);

    const got = await store.publish(OWNER, {
      revision: `main@sha1:${ID}`,
      tree: treeOf({ a: "1" }),
      ...(skip && { skip }),
    });

    assert.equal(got.ok ? "ok" : `${got.code}: ${got.message}`, want);
    assert.equal(disk.files.size, 0);
  });
}

const badOwners: readonly Owner[] = [
  { ...OWNER, namespace: ".." },
  { ...OWNER, name: "a/b" },
  { ...OWNER, name: "../../etc" },
  { ...OWNER, name: "" },
  { ...OWNER, kind: "." },
  { ...OWNER, name: ".hidden" },
  { ...OWNER, name: "a\0b" },
];

for (const owner of badOwners) {
  Deno.test(`the store refuses the owner ${JSON.stringify(owner)}`, async () => {
    const { store, disk } = openFake();
    const content = { revision: `main@sha1:${ID}`, tree: treeOf({ a: "1" }) };

    for (
      const got of [
        await store.publish(owner, content),
        await store.remove(owner),
        await store.collectGarbage(owner, undefined),
      ]
    ) {
      assert.equal(!got.ok && got.code, "InvalidPath");
    }
    assert.equal(disk.files.size, 0);
  });
}

for (const revision of ["main@sha1:../../x", "main@sha1:", "", "main@sha1:a/b"]) {
  Deno.test(`publish() refuses the revision ${JSON.stringify(revision)}`, async () => {
    const { store } = openFake();

    const got = await store.publish(OWNER, { revision, tree: treeOf({ a: "1" }) });

    assert.equal(!got.ok && got.code, "InvalidPath");
  });
}

Deno.test("verify() reads a file once, and again when it changed", async () => {
  const { store, disk, clock } = openFake();
  const artifact = await publish(store, "main", { a: "1" });
  const fresh = openArtifactStore(disk, { host: "elsewhere", clock });

  const one = await fresh.verify(artifact);
  const two = await fresh.verify(artifact);
  const readsBefore = disk.reads;
  disk.files.set(PATH, { bytes: new Uint8Array([1]), modifiedMs: clock.now() + 1 });
  const three = await fresh.verify(artifact);

  assert.equal(one.ok && one.value.url, `http://elsewhere/${PATH}`);
  assert.ok(two.ok);
  assert.equal(readsBefore, 1);
  assert.equal(!three.ok && three.code, "DigestMismatch");
});

const digests = [
  { algorithm: "sha256", length: 64 },
  { algorithm: "sha384", length: 96 },
  { algorithm: "sha512", length: 128 },
  { algorithm: "blake3", length: 64 },
  { algorithm: "sha1", length: 40 },
] as const;

for (const { algorithm, length } of digests) {
  Deno.test(`a store that digests by ${algorithm} is understood, and one that does otherwise later`, async () => {
    const { disk, clock } = openFake();
    const options = { host: "source:9090", clock };
    const artifact = await publish(openArtifactStore(disk, { ...options, algorithm }), "main", {
      "a.yaml": "x: 1\n",
    });
    const other = algorithm === "sha256" ? "blake3" : "sha256";
    const later = openArtifactStore(disk, { ...options, algorithm: other });

    const verified = [await later.verify(artifact), await later.verify(artifact)];
    const fetched = await fetchedPaths(disk, artifact);
    const wrong = {
      ...artifact,
      digest: artifact.digest.replace(/.$/, (end) => end === "0" ? "1" : "0"),
    };
    const refused = await fetchArtifact(httpTo(disk), wrong, defaultBudget());

    assert.match(artifact.digest, new RegExp(`^${algorithm}:[0-9a-f]{${length}}$`));
    assert.deepEqual(verified.map(({ ok }) => ok), [true, true]);
    assert.deepEqual(fetched, ["a.yaml"]);
    assert.equal(!refused.ok && refused.code, "DigestMismatch");
  });
}

Deno.test("verify() relies on what it has just written", async () => {
  const { store, disk } = openFake();

  const got = await store.verify(await publish(store, "main", { a: "1" }));

  assert.ok(got.ok);
  assert.equal(disk.reads, 0);
});

Deno.test("verify() takes neither a link nor a path outside nor nothing for an artifact", async () => {
  const { store, disk } = openFake();
  const artifact = await publish(store, "main", { a: "1" });
  disk.files.delete(PATH);

  const gone = await store.verify(artifact);
  disk.links.add(PATH);
  const link = await store.verify(artifact);
  const outside = await store.verify({ ...artifact, path: "../../etc/passwd" });

  assert.equal(!gone.ok && gone.code, "NotFound");
  assert.equal(!link.ok && link.code, "NotFound");
  assert.equal(!outside.ok && outside.code, "InvalidPath");
});

Deno.test("collectGarbage() keeps the current one and what is young and few", async () => {
  const { store, disk, clock } = openFake();
  const published: Artifact[] = [];
  for (const [index, pauseMs] of [100_000, 20_000, 5_000, 1_000, 0].entries()) {
    published.push(await publish(store, `main@sha1:${index}`, { a: String(index) }));
    await clock.advance(pauseMs);
  }
  disk.files.set("gitrepository/apps/web/notes.txt", { bytes: new Uint8Array(), modifiedMs: 0 });
  disk.files.set("gitrepository/apps/web/.1.tmp", { bytes: new Uint8Array(), modifiedMs: 0 });
  disk.files.set("gitrepository/apps/other/0.tar.gz", { bytes: new Uint8Array(), modifiedMs: 0 });

  const got = await store.collectGarbage(OWNER, published[0]);

  // The oldest is the current one; of the young ones only the newest still fits into two records.
  assert.deepEqual(
    got.ok && got.value.map((path) => path.split("/").at(-1)),
    [".1.tmp", "1.tar.gz", "2.tar.gz", "3.tar.gz"],
  );
  assert.deepEqual([...disk.files.keys()].sort(), [
    "gitrepository/apps/other/0.tar.gz",
    "gitrepository/apps/web/0.tar.gz",
    "gitrepository/apps/web/4.tar.gz",
    "gitrepository/apps/web/notes.txt",
  ]);
});

Deno.test("collectGarbage() removes what a broken write left a moment ago", async () => {
  const { store, disk, clock } = openFake();
  const artifact = await publish(store, "main", { a: "1" });
  const half = "gitrepository/apps/web/.half.tmp";
  disk.files.set(half, { bytes: new Uint8Array(1), modifiedMs: clock.now() });

  const got = await store.collectGarbage(OWNER, artifact);

  assert.deepEqual(got, { ok: true, value: [half] });
});

Deno.test("remove() takes the owner's archives and nothing else", async () => {
  const { store, disk } = openFake();
  await publish(store, "main", { a: "1" });
  disk.files.set("gitrepository/apps/web/notes.txt", { bytes: new Uint8Array(), modifiedMs: 0 });

  const got = await store.remove(OWNER);

  assert.deepEqual(got, { ok: true, value: [PATH] });
  assert.deepEqual([...disk.files.keys()], ["gitrepository/apps/web/notes.txt"]);
});

Deno.test("fetchArtifact() unpacks what the store serves", async () => {
  const { store, disk } = openFake();
  const artifact = await publish(store, "main", { "a/b.yaml": "x: 1\n" });

  assert.deepEqual(await fetchedPaths(disk, artifact), ["a/b.yaml"]);
});

const fetchFailures: {
  name: string;
  change: (artifact: Artifact, disk: MemoryDisk) => Artifact;
  want: string;
}[] = [
  {
    name: "a file that is gone",
    change: (artifact, disk) => (disk.files.clear(), artifact),
    want: "NotFound",
  },
  {
    name: "a file that was changed",
    change(artifact, disk) {
      const file = disk.files.get(PATH);
      if (file !== undefined) file.bytes[20] = (file.bytes[20] ?? 0) ^ 1;
      return artifact;
    },
    want: "DigestMismatch",
  },
  {
    name: "another digest",
    change: (artifact) => ({ ...artifact, digest: `sha256:${"0".repeat(64)}` }),
    want: "DigestMismatch",
  },
  {
    name: "a digest of another length",
    change: (artifact) => ({ ...artifact, digest: artifact.digest.slice(0, 20) }),
    want: "DigestMismatch",
  },
  {
    name: "a digest nobody knows",
    change: (artifact) => ({ ...artifact, digest: "crc32:00" }),
    want: "Unsupported",
  },
];

for (const { name, change, want } of fetchFailures) {
  Deno.test(`fetchArtifact() refuses ${name}`, async () => {
    const { store, disk } = openFake();
    const artifact = change(await publish(store, "main", { a: "1" }), disk);

    const got = await fetchArtifact(httpTo(disk), artifact, defaultBudget());

    assert.equal(got.ok ? "ok" : got.code, want);
  });
}

Deno.test("fetchArtifact() does not read more than its budget", async () => {
  const { store, disk } = openFake();
  const artifact = await publish(store, "main", { a: "1" });
  const budget = { ...defaultBudget(), bytes: 50 };

  const got = await fetchArtifact(httpTo(disk), artifact, budget);

  assert.equal(!got.ok && got.code, "TooLarge");
});

function openFake() {
  const clock = new FakeClock();
  const disk = memoryDisk(clock);
  return { clock, disk, store: openArtifactStore(disk, { host: "source:9090", clock }) };
}

async function publish(
  store: ArtifactStore,
  name: string,
  files: Record<string, string>,
): Promise<Artifact> {
  const revision = name.includes(":") ? name : `${name}@sha1:${ID}`;
  const got = await store.publish(OWNER, { revision, tree: treeOf(files) });
  assert.ok(got.ok, got.ok ? "" : got.message);
  return got.value;
}

function httpTo(disk: MemoryDisk) {
  return openHttp({ transport: (request) => answerFileRequest(disk, request) });
}

async function fetchedPaths(disk: MemoryDisk, artifact: Artifact): Promise<readonly string[]> {
  const got = await fetchArtifact(httpTo(disk), artifact, defaultBudget());
  assert.ok(got.ok, got.ok ? "" : got.message);
  return [...got.value.keys()];
}
