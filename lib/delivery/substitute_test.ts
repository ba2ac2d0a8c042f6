import assert from "node:assert/strict";
import { emitYaml, type MapNode, parseOne } from "../yaml/mod.ts";
import { joinVariables, substituteNode } from "./substitute.ts";

function nodeOf(yaml: string): MapNode {
  const parsed = parseOne(yaml);
  assert.ok(parsed.ok && parsed.value?.kind === "map");
  return parsed.value;
}

function manifest(data: string, metadata = ""): string {
  return `apiVersion: v1\ndata:\n${data}kind: ConfigMap\nmetadata:\n${metadata}  name: a\n`;
}

const VARIABLES = new Map([
  ["n", "12"],
  ["b", "true"],
  ["t", "text"],
  ["q", '"'],
  ["date", "2026-01-01"],
  ["empty", ""],
]);

// Errata 1: quotes of the source do not survive, so a number stays a number.
const cases: { name: string; from: string; want: string }[] = [
  { name: "a number becomes one", from: '  v: "${n}"\n', want: "  v: 12\n" },
  { name: "a boolean becomes one", from: '  v: "${b}"\n', want: "  v: true\n" },
  { name: "a length is a number", from: '  v: "${#n}"\n', want: "  v: 2\n" },
  { name: "text next to it keeps a string", from: "  v: x${n}\n", want: "  v: x12\n" },
  {
    name: "a quote on both sides keeps a string",
    from: "  v: ${q}${n}${q}\n",
    want: '  v: "12"\n',
  },
  { name: "a date stays a string", from: "  v: ${date}\n", want: '  v: "2026-01-01"\n' },
  { name: "a default is taken for an empty one", from: "  v: ${empty:=x}\n", want: "  v: x\n" },
  { name: "a pair of dollars becomes one", from: "  v: a$${t}\n", want: "  v: a${t}\n" },
  { name: "a bare name stays", from: "  v: $t\n", want: "  v: $t\n" },
];

for (const { name, from, want } of cases) {
  Deno.test(`substituteNode(): ${name}`, () => {
    const got = substituteNode(nodeOf(manifest(from)), VARIABLES, { strict: true });

    assert.ok(got.ok, got.ok ? "" : got.message);
    assert.equal(emitYaml(got.value), manifest(want));
  });
}

for (const where of ["labels", "annotations"]) {
  Deno.test(`substituteNode() leaves a resource alone whose ${where} disable it`, () => {
    const yaml = manifest(
      "  v: ${n}\n",
      `  ${where}:\n    kustomize.toolkit.fluxcd.io/substitute: disabled\n`,
    );

    const got = substituteNode(nodeOf(yaml), VARIABLES, { strict: true });

    assert.ok(got.ok);
    assert.equal(emitYaml(got.value), yaml);
  });
}

Deno.test("substituteNode() takes `Disabled` for no disabling: case counts", () => {
  const yaml = manifest(
    "  v: x${n}\n",
    "  labels:\n    kustomize.toolkit.fluxcd.io/substitute: Disabled\n",
  );

  const got = substituteNode(nodeOf(yaml), VARIABLES, { strict: true });

  assert.ok(got.ok);
  assert.match(emitYaml(got.value), /x12/);
});

const failures = [
  {
    name: "a variable that is not set",
    from: "  v: ${nope}\n",
    want: "post build failed for 'ConfigMap.v1.[noGrp]/a': envsubst error: " +
      'variable substitution failed: variable not set (strict mode): "nope"',
  },
  {
    name: "text that is no YAML any more",
    from: "  v: ${broken}\n",
    want: /^post build failed for 'ConfigMap\.v1\.\[noGrp\]\/a': envsubst error: /,
  },
];

for (const { name, from, want } of failures) {
  Deno.test(`substituteNode() refuses ${name}, by Flux's id of the resource`, () => {
    const variables = new Map([["broken", "[a: {"]]);

    const got = substituteNode(nodeOf(manifest(from)), variables, { strict: true });

    assert.ok(!got.ok);
    assert.equal(got.code, "BuildFailed");
    if (typeof want === "string") assert.equal(got.message, want);
    else assert.match(got.message, want);
  });
}

Deno.test("substituteNode() names the group of the resource", () => {
  const node = nodeOf("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: ${x}\n");

  const got = substituteNode(node, new Map(), { strict: true });

  assert.match(got.ok ? "" : got.message, /^post build failed for 'Deployment\.v1\.apps\/d': /);
});

Deno.test("joinVariables() lets later sources win and takes line ends out", () => {
  const got = joinVariables([
    { name: "ConfigMap/x", data: { a: "1", b: "one\ntwo\n" } },
    { name: "", data: { a: "2" } },
  ]);

  assert.deepEqual(got, { ok: true, value: new Map([["a", "2"], ["b", "onetwo"]]) });
});

Deno.test("joinVariables() refuses a name that is none", () => {
  for (const name of ["a-b", "1a", "", "ä"]) {
    const got = joinVariables([{ name: "ConfigMap/x", data: { [name]: "1" } }]);

    assert.equal(
      got.ok ? "" : got.message,
      `'${name}' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'`,
    );
  }
});
