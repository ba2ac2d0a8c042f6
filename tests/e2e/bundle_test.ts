/**
 * The bundled command line, away from the project: the same bytes, and a thread for what is large.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { removeFolder } from "../../tools/controlplane/cache_folder.ts";
import { capture, captureText } from "../../tools/process.ts";

const MAIN = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const PERMISSIONS = ["--allow-read", "--allow-env", "--no-prompt"];
/** Beyond what is built without a thread, which is counted in bytes that are read and written. */
const LARGE_FILES = 100;

let folder = "";
Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: "sluice-bundle-" });
  const bundled = await captureText([Deno.execPath(), "task", "bundle", `${folder}/bin`]);
  if (!bundled.ok) throw new Error(bundled.message);
  await writeFiles("small", smallFiles());
  await writeFiles("large", largeFiles());
});
Deno.test.afterAll(() => removeFolder(folder));

for (const size of ["small", "large"]) {
  Deno.test(`the bundled command line builds what is ${size} as the other one does`, async () => {
    const got = await build(`${folder}/bin/cli.js`, size);
    const want = await build(MAIN, size);

    assert.equal(got.code, 0, got.stderr);
    // Not shown side by side: they are long.
    assert.ok(got.stdout === want.stdout, "the output differs");
    assert.ok(got.stdout.length > 100);
  });
}

Deno.test("the bundled command line needs its second file for what is large, and names it", async () => {
  await Deno.mkdir(`${folder}/alone`);
  await Deno.copyFile(`${folder}/bin/cli.js`, `${folder}/alone/cli.js`);

  const small = await build(`${folder}/alone/cli.js`, "small");
  const large = await build(`${folder}/alone/cli.js`, "large");

  assert.equal(small.code, 0, small.stderr);
  assert.equal(large.code, 1);
  assert.match(large.stderr, /^Error: the build was given up: .*build_worker\.js/m);
});

async function build(program: string, size: string) {
  const command = [Deno.execPath(), "run", ...PERMISSIONS, program, "kustomize", "build", size];
  const run = await capture(command, { cwd: folder });
  if (!run.ok) throw new Error(run.message);
  return run.value;
}

async function writeFiles(name: string, files: Readonly<Record<string, string>>): Promise<void> {
  await Deno.mkdir(`${folder}/${name}`);
  for (const [path, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${name}/${path}`, text);
  }
}

function smallFiles(): Record<string, string> {
  return {
    "kustomization.yaml": "namePrefix: x-\nresources: [a.yaml]\nconfigMapGenerator:\n- name: b\n",
    "a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {n: '1.50'}\n",
  };
}

function largeFiles(): Record<string, string> {
  const numbers = Array.from({ length: LARGE_FILES }, (_, index) => index);
  const generators = numbers.map((index) => `- {name: m${index}, files: [f${index}.txt]}\n`);
  const text = Array.from({ length: 1 << 16 }, (_, line) => `this is line ${line}\n`).join("");
  return {
    ...Object.fromEntries(numbers.map((index) => [`f${index}.txt`, `${index}\n${text}`])),
    "kustomization.yaml": `configMapGenerator:\n${generators.join("")}`,
  };
}
