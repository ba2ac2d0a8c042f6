import assert from "node:assert/strict";
import { main } from "./main.ts";

const SAMPLE = new URL("./testdata/app", import.meta.url).pathname;

async function run(...args: string[]) {
  const printed = { out: "", err: "" };
  const code = await main(args, {
    out: (text) => printed.out += text,
    err: (text) => printed.err += text,
  });
  return { code, ...printed };
}

Deno.test("sluice kustomize build prints what the folder builds to", async () => {
  const { code, out, err } = await run("kustomize", "build", `${SAMPLE}/overlay`);

  assert.equal(code, 0);
  assert.equal(
    out,
    "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: dev\n---\n" +
      "apiVersion: v1\ndata:\n  a: b\nkind: ConfigMap\nmetadata:\n  name: dev-settings\n  namespace: dev\n",
  );
  assert.equal(err, "");
});

Deno.test("sluice takes one leading -- off", async () => {
  assert.equal((await run("--", "kustomize", "build", `${SAMPLE}/overlay`)).code, 0);
});

Deno.test("sluice kustomize build keeps the order of the list with --reorder none", async () => {
  const { out } = await run("kustomize", "build", `${SAMPLE}/overlay`, "--reorder", "none");

  assert.match(out, /^apiVersion: v1\ndata:/);
});

Deno.test("sluice kustomize build explains what is wrong and exits with 1", async () => {
  const { code, out, err } = await run("kustomize", "build", `${SAMPLE}/broken`);

  assert.equal(code, 1);
  assert.equal(out, "");
  assert.match(
    err,
    /^Error: .*kustomization\.yaml:2: unknown field "resource"; did you mean "resources"\?\n$/,
  );
});

Deno.test("sluice kustomize build --load-restrictor decides over files elsewhere", async () => {
  const folder = `${SAMPLE}/elsewhere`;

  assert.equal((await run("kustomize", "build", folder)).code, 1);
  const { code } = await run(
    "kustomize",
    "build",
    folder,
    "--load-restrictor",
    "LoadRestrictionsNone",
  );
  assert.equal(code, 0);
});

const mistakes = [
  { args: ["kustomize", "build", "/no/such/folder"], want: 1 },
  { args: ["kustomize", "build", "--nope"], want: 2 },
  { args: ["install", "--overlay", "nope"], want: 2 },
  { args: ["nope"], want: 2 },
  { args: [], want: 2 },
];

for (const { args, want } of mistakes) {
  Deno.test(`sluice ${args.join(" ")} exits with ${want}`, async () => {
    const { code, err } = await run(...args);

    assert.equal(code, want);
    assert.notEqual(err, "");
  });
}

Deno.test("sluice kustomize build --help shows examples", async () => {
  const { code, out } = await run("kustomize", "build", "--help");

  assert.equal(code, 0);
  assert.match(out, /Examples:/);
});
