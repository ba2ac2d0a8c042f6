/**
 * Tasks take their arguments with and without `--`, and paths from the caller's folder.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { capture } from "../../tools/process.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** Runs `deno task …` in `folder`, which may be outside of the project. */
async function runTask(folder: string, args: readonly string[]) {
  const command = [Deno.execPath(), "task", "--quiet", `--config=${PROJECT}/deno.json`, ...args];
  // A person's shell has no INIT_CWD; under the gate a task runs us already.
  const { INIT_CWD: _, ...env } = Deno.env.toObject();
  const run = await capture(command, { cwd: folder, env, clearEnv: true });
  if (!run.ok) throw new Error(run.message);
  const { code, stdout, stderr } = run.value;
  return { code, stdout: stdout.trimEnd().split("\n"), stderr };
}

Deno.test("deno task cluster hands on arguments, folder and exit code", async (t) => {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-test-" }));
  const script = 'printf "%s\\n" "$PWD" "${INIT_CWD-unset}" "$@"; exit 7';
  const command = ["sh", "-c", script, "sh", "A", "two words", "--help", "--"];
  for (const prefix of [[], ["--"]]) {
    await t.step(prefix.length > 0 ? "after --" : "as they are", async () => {
      const got = await runTask(folder, ["cluster", ...prefix, ...command]);

      assert.deepEqual(
        { code: got.code, stdout: got.stdout },
        { code: 7, stdout: [folder, "unset", "A", "two words", "--help", "--"] },
        got.stderr,
      );
    });
  }
  await Deno.remove(folder);
});

Deno.test("each task that takes options explains them", async (t) => {
  for (const task of ["cluster", "test"]) {
    for (const prefix of [[], ["--"]]) {
      await t.step([task, ...prefix].join(" "), async () => {
        const got = await runTask(PROJECT, [task, ...prefix, "--help"]);

        assert.equal(got.code, 0, got.stderr);
        assert.ok(got.stdout.some((line) => line.startsWith(`Usage: deno task ${task}`)));
        assert.ok(got.stdout.some((line) => line.startsWith("Examples:")));
      });
    }
  }
});

Deno.test("an option nobody knows is refused", async (t) => {
  for (const task of ["cluster", "test"]) {
    await t.step(task, async () => {
      const got = await runTask(PROJECT, [task, "--nonesuch"]);

      assert.equal(got.code, 2);
      assert.match(got.stderr, /unknown option --nonesuch/);
    });
  }
});

Deno.test("a path that is given to a task is the caller's", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-test-" });
  await Deno.mkdir(`${folder}/app`);
  await Deno.writeTextFile(
    `${folder}/app/kustomization.yaml`,
    "configMapGenerator:\n- {name: here, literals: [a=b], options: {disableNameSuffixHash: true}}\n",
  );

  const got = await runTask(folder, ["sluice", "kustomize", "build", "app"]);

  assert.equal(got.code, 0, got.stderr);
  assert.ok(got.stdout.includes("  name: here"), got.stdout.join("\n"));
  await Deno.remove(folder, { recursive: true });
});
