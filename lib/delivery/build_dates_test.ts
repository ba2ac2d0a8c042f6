/**
 * Dates of images over restarts, on a disk under the test's control.
 *
 * @module
 */
import assert from "node:assert/strict";
import { FakeClock } from "../testing/fake_clock.ts";
import { memoryDisk } from "../testing/memory_disk.ts";
import { openBuildDates } from "./build_dates.ts";

const PATH = ".image-reflector/build-dates";
const DATE = "2024-05-06T07:08:09.123456789Z";

function digestOf(at: number): string {
  return `sha256:${at.toString(16).padStart(64, "0")}`;
}

function world() {
  const disk = memoryDisk(new FakeClock());
  const logged: string[] = [];
  const log = { info: (message: string) => void logged.push(message) };
  return {
    disk,
    logged,
    restart: (most?: number) => openBuildDates({ disk, path: PATH, log, ...(most && { most }) }),
  };
}

Deno.test("openBuildDates() has after a restart what was flushed, that an image says nothing included", async () => {
  const { restart } = world();
  const before = restart();
  const said = [DATE, "", 'odd "\n\u2028 text'];
  for (const [at, text] of said.entries()) (await before.open()).set(digestOf(at), text);
  await before.flush();

  const after = await restart().open();

  assert.deepEqual(said.map((_, at) => after.get(digestOf(at))), said);
  assert.equal(after.get(digestOf(9)), undefined);
});

Deno.test("openBuildDates() writes nothing where nothing came", async () => {
  const { disk, restart } = world();
  const dates = restart();
  await dates.open();

  await dates.flush();

  assert.equal(disk.files.size, 0);
});

Deno.test("openBuildDates() lets go what was not asked for longest", async () => {
  const { restart } = world();
  const dates = restart(2);
  const store = await dates.open();
  store.set(digestOf(1), DATE);
  store.set(digestOf(2), DATE);
  store.get(digestOf(1));
  store.set(digestOf(3), DATE);
  await dates.flush();

  const kept = await restart(2).open();

  assert.deepEqual([1, 2, 3].map((at) => kept.get(digestOf(at)) !== undefined), [
    true,
    false,
    true,
  ]);
});

const damage: { name: string; apply: (text: string) => string }[] = [
  { name: "cut in the middle", apply: (text) => text.slice(0, text.length / 2) },
  { name: "with another date", apply: (text) => text.replace("2024", "2034") },
  { name: "empty", apply: () => "" },
  { name: "of something else", apply: () => "{}\n[]" },
];

for (const { name, apply } of damage) {
  Deno.test(`openBuildDates() takes a file ${name} for none, and writes it anew`, async () => {
    const { disk, restart } = world();
    const before = restart();
    (await before.open()).set(digestOf(1), DATE);
    await before.flush();
    const [path = "", file] = [...disk.files][0] ?? [];
    const text = new TextDecoder().decode(file?.bytes);
    disk.files.set(path, { bytes: new TextEncoder().encode(apply(text)), modifiedMs: 0 });

    const rebuilt = restart();
    const store = await rebuilt.open();
    const found = store.get(digestOf(1));
    store.set(digestOf(1), DATE);
    await rebuilt.flush();

    assert.equal(found, undefined);
    assert.equal((await restart().open()).get(digestOf(1)), DATE);
  });
}

Deno.test("openBuildDates() writes what came, and at times one file in the place of all", async () => {
  const { disk, restart } = world();
  let dates = restart();
  const counts: number[] = [];
  for (let at = 0; at < 200; at++) {
    if (at % 30 === 0) dates = restart();
    (await dates.open()).set(digestOf(at), `${DATE.slice(0, 19)}Z#${at}`);
    await dates.flush();
    counts.push(disk.files.size);
  }

  assert.equal(Math.max(...counts), 64);
  assert.deepEqual(counts.slice(62, 66), [63, 64, 1, 2]);
  const kept = await restart().open();
  const found = Array.from({ length: 200 }, (_, at) => kept.get(digestOf(at)));
  assert.deepEqual(found, found.map((_, at) => `${DATE.slice(0, 19)}Z#${at}`));
});

Deno.test("openBuildDates() writes all of it once the disk takes it again", async () => {
  const { disk, restart } = world();
  const dates = restart();
  const store = await dates.open();
  disk.writeFailure = "No space left on device";
  store.set(digestOf(1), DATE);
  await dates.flush();
  disk.writeFailure = undefined;
  store.set(digestOf(2), DATE);
  await dates.flush();

  const kept = await restart().open();

  assert.deepEqual([1, 2].map((at) => kept.get(digestOf(at))), [DATE, DATE]);
});

Deno.test("openBuildDates() works without a disk, and says so", async () => {
  const { disk, logged, restart } = world();
  disk.writeFailure = "Read-only file system";
  const dates = restart();
  const store = await dates.open();
  store.set(digestOf(1), DATE);

  await dates.flush();

  assert.equal(store.get(digestOf(1)), DATE);
  assert.deepEqual(logged, ["cannot write build dates"]);
});

Deno.test("openBuildDates() goes on writing after a write that threw", async () => {
  const { disk, restart } = world();
  let isBroken = true;
  const write: typeof disk.write = (path, content) => {
    if (isBroken) throw new TypeError("a bug");
    return disk.write(path, content);
  };
  const log = { info() {} };
  const dates = openBuildDates({ disk: { ...disk, write }, path: PATH, log });
  (await dates.open()).set(digestOf(1), DATE);

  await assert.rejects(dates.flush(), TypeError);
  isBroken = false;
  (await dates.open()).set(digestOf(2), DATE);
  await dates.flush();

  const kept = await restart().open();
  assert.deepEqual([1, 2].map((at) => kept.get(digestOf(at))), [DATE, DATE]);
});
