/**
 * What the tools keep on disk and run in the background, on a real disk with real processes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fail, ok } from "../../lib/base/mod.ts";
import { exists, installFolder, withLock } from "../../tools/controlplane/cache_folder.ts";
import { openDataFolder } from "../../tools/controlplane/data_folder.ts";
import { Background, capture } from "../../tools/process.ts";
import { listProcesses } from "../support/processes.ts";

async function openFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "sluice-test-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

Deno.test("installFolder() installs all or nothing", async () => {
  await using folder = await openFolder();
  const target = `${folder.path}/tool`;

  const failed = await installFolder(target, async (draft) => {
    await Deno.writeTextFile(`${draft}/half`, "");
    return fail("Broken", "no compiler");
  });
  const leftOver = await Array.fromAsync(Deno.readDir(folder.path));
  const installed = await installFolder(target, async (draft) => {
    await Deno.writeTextFile(`${draft}/whole`, "");
    return ok(undefined);
  });

  assert.equal(failed.ok, false);
  assert.deepEqual(leftOver, []);
  assert.ok(installed.ok);
  assert.ok(await exists(`${target}/whole`));
});

Deno.test("withLock() lets one in at a time and tells who waits", async () => {
  await using folder = await openFolder();
  const steps: string[] = [];
  const begun = Promise.withResolvers<void>();
  const first = Promise.withResolvers<void>();
  const lock = `${folder.path}/lock`;

  const one = withLock(lock, () => {}, async () => {
    steps.push("one begins");
    begun.resolve();
    await first.promise;
    steps.push("one ends");
  });
  await begun.promise;
  const two = withLock(lock, () => {
    steps.push("two waits");
    first.resolve();
  }, () => {
    steps.push("two");
    return Promise.resolve();
  });
  await Promise.all([one, two]);

  assert.deepEqual(steps, ["one begins", "two waits", "one ends", "two"]);
});

Deno.test("openDataFolder() removes what killed owners left, and nothing else", async () => {
  await using parent = await openFolder();
  const used = await openDataFolder(parent.path);
  const abandoned = await openDataFolder(parent.path);
  const young = await openDataFolder(parent.path);
  const longAgo = new Date(Date.now() - 600_000);
  for (const { path } of [used, abandoned]) await Deno.utime(`${path}/lock`, longAgo, longAgo);
  abandoned.lock.close();
  young.lock.close();

  const next = await openDataFolder(parent.path);

  assert.deepEqual(
    await Promise.all([used, abandoned, young, next].map(({ path }) => exists(path))),
    [true, false, true, true],
  );
  used.lock.close();
  next.lock.close();
});

Deno.test("Background ends a program and all that it started", async (t) => {
  const mark = `${Math.floor(Math.random() * 1e6) + 3_000_000}`;
  const stubborn = `trap '' TERM; sleep ${mark} & echo up; wait; wait`;
  for (const way of ["stop", "kill"] as const) {
    await t.step(way, async () => {
      const up = Promise.withResolvers<void>();
      const program = new Background("stubborn", ["sh", "-c", stubborn], {
        onLine: () => up.resolve(),
      });
      await up.promise;

      await program[way]();

      const left = (await listProcesses()).filter(({ command }) => command === `sleep ${mark}`);
      assert.deepEqual(left, []);
      assert.equal(program.running, false);
    });
  }
});

Deno.test("Background keeps the last lines and the exit code", async () => {
  const program = new Background("talker", ["sh", "-c", "echo a; echo b >&2; printf c; exit 3"]);

  assert.equal(await program.ended, 3);
  assert.deepEqual(program.lastLines.toSorted(), ["a", "b", "c"]);
});

Deno.test("capture() feeds input and tells a program that is not there from one that fails", async () => {
  const echoed = await capture(["cat"], { input: "hello" });
  const failed = await capture(["sh", "-c", "echo no >&2; exit 4"]);
  const missing = await capture(["/nowhere/tool"]);

  assert.equal(echoed.ok && echoed.value.stdout, "hello");
  assert.deepEqual(failed.ok && failed.value, { code: 4, stdout: "", stderr: "no\n" });
  assert.equal(!missing.ok && missing.code, "CannotRun");
});
