import assert from "node:assert/strict";
import { FLAGS } from "./flag_table.ts";
import { type FlagTable, nearestFlag, parseFlags, valuesFor } from "./flags.ts";

const PART = { components: ["all"], help: "H." } as const;
const TABLE = {
  "name": { type: "text", default: "x", ...PART },
  "form": { type: "text", default: "json", choices: ["json", "console"], ...PART },
  "dry-run": { type: "boolean", default: false, ...PART },
  "concurrent": {
    type: "integer",
    default: 4,
    defaults: { source: 2 },
    least: 1,
    most: 100,
    ...PART,
  },
  "interval": { type: "duration", default: "1m", ...PART },
  "only": { type: "list", default: [], ...PART },
} as const satisfies FlagTable;
const DEFAULTS = {
  name: "x",
  form: "json",
  "dry-run": false,
  concurrent: 4,
  interval: 60_000,
  only: [],
};

const good = [
  { name: "nothing: the defaults", args: [], want: {} },
  { name: "--flag=value", args: ["--name=y"], want: { name: "y" } },
  { name: "--flag value", args: ["--name", "y"], want: { name: "y" } },
  { name: "one dash, as Go does", args: ["-name=y"], want: { name: "y" } },
  { name: "an empty value", args: ["--name="], want: { name: "" } },
  { name: "a value with an equals sign", args: ["--name=a=b"], want: { name: "a=b" } },
  { name: "a boolean alone", args: ["--dry-run"], want: { "dry-run": true } },
  { name: "a boolean with its value", args: ["--dry-run=false"], want: { "dry-run": false } },
  { name: "a whole number", args: ["--concurrent=1"], want: { concurrent: 1 } },
  { name: "a duration", args: ["--interval=1m30s"], want: { interval: 90_000 } },
  { name: "a list", args: ["--only=a,b", "--only=c"], want: { only: ["a", "b", "c"] } },
  { name: "an empty list", args: ["--only="], want: { only: [] } },
  { name: "the last of several", args: ["--name=y", "--name=z"], want: { name: "z" } },
];

for (const { name, args, want } of good) {
  Deno.test(`parseFlags() reads ${name}`, () => {
    const got = parseFlags(TABLE, args);

    assert.deepEqual(got.ok && got.value.values, { ...DEFAULTS, ...want });
    assert.deepEqual(got.ok && [...got.value.given], Object.keys(want));
  });
}

const bad = [
  { args: ["--nmae=y"], code: "UnknownFlag" },
  { args: ["--constructor=y"], code: "UnknownFlag" },
  { args: ["name"], code: "InvalidFlag" },
  { args: ["--name"], code: "InvalidFlag" },
  { args: ["--dry-run=yes"], code: "InvalidFlag" },
  { args: ["--concurrent=many"], code: "InvalidFlag" },
  { args: ["--concurrent=0"], code: "InvalidFlag" },
  { args: ["--concurrent=1e9"], code: "InvalidFlag" },
  { args: ["--concurrent=101"], code: "InvalidFlag" },
  { args: ["--form=xml"], code: "InvalidFlag" },
  { args: ["--interval=soon"], code: "InvalidFlag" },
];

for (const { args, code } of bad) {
  Deno.test(`parseFlags() refuses ${args.join(" ")}`, () => {
    const got = parseFlags(TABLE, args);

    assert.equal(!got.ok && got.code, code);
  });
}

Deno.test("parseFlags() hears a call for help among other flags", () => {
  const got = parseFlags(TABLE, ["--name=y", "--help"]);

  assert.equal(got.ok && got.value.help, true);
});

Deno.test("nearestFlag() finds what was meant, and nothing for what is far from all", () => {
  const names = Object.keys(TABLE);

  const got = ["concurent", "dryrun", "zzzzzzzz"].map((name) => nearestFlag(name, names));

  assert.deepEqual(got, ["concurrent", "dry-run", undefined]);
});

Deno.test("every flag has a default that can be read, and a sentence of help", () => {
  const got = parseFlags(FLAGS, []);

  assert.equal(got.ok, true);
  for (const [name, { help }] of Object.entries(FLAGS)) assert.match(help, /^\S.*[.)]$/, name);
});

Deno.test("valuesFor() has a component's own default, but only where nothing was given", () => {
  const none = parseFlags(TABLE, []);
  const some = parseFlags(TABLE, ["--concurrent=4"]);
  assert.ok(none.ok && some.ok);

  const got = [
    valuesFor("source", TABLE, none.value).concurrent,
    valuesFor("kustomize", TABLE, none.value).concurrent,
    valuesFor("source", TABLE, some.value).concurrent,
  ];

  assert.deepEqual(got, [2, 4, 4]);
});
