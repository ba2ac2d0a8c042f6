import assert from "node:assert/strict";
import { environmentName, parseFlagFile, readFlags } from "./flag_sources.ts";
import { FLAGS } from "./flag_table.ts";
import type { FlagTable } from "./flags.ts";

const PART = { components: ["all"], help: "H." } as const;
const TABLE = {
  "config": { type: "text", default: "", ...PART },
  "name": { type: "text", default: "default", ...PART },
  "dry-run": { type: "boolean", default: false, ...PART },
  "concurrent": { type: "integer", default: 4, ...PART },
  "interval": { type: "duration", default: "1m", ...PART },
  "only": { type: "list", default: [], ...PART },
} as const satisfies FlagTable;

function read(
  { args = [], env = {}, file = "" }: {
    args?: readonly string[];
    env?: Readonly<Record<string, string>>;
    file?: string;
  },
) {
  return readFlags(TABLE, args, {
    env: (name) => Object.hasOwn(env, name) ? env[name] : undefined,
    readFile: (path) =>
      path === "flags.yaml" ? Promise.resolve(file) : Promise.reject(new Error("no such file")),
  });
}

const FILE = "name: file\n";
const winners = [
  { name: "the default", given: {}, want: "default" },
  { name: "the file", given: { args: ["--config=flags.yaml"], file: FILE }, want: "file" },
  {
    name: "the file that the environment names",
    given: { env: { SLUICE_CONFIG: "flags.yaml" }, file: FILE },
    want: "file",
  },
  {
    name: "the environment over the file",
    given: { args: ["--config=flags.yaml"], env: { SLUICE_NAME: "environment" }, file: FILE },
    want: "environment",
  },
  {
    name: "the command line over all",
    given: {
      args: ["--config=flags.yaml", "--name=argument"],
      env: { SLUICE_NAME: "environment" },
      file: FILE,
    },
    want: "argument",
  },
];

for (const { name, given, want } of winners) {
  Deno.test(`readFlags() takes ${name}`, async () => {
    const got = await read(given);

    assert.equal(got.ok && got.value.values.name, want);
    assert.equal(got.ok && got.value.given.has("name"), want !== "default");
  });
}

Deno.test("readFlags() takes a list from one place as a whole", async () => {
  const got = await read({
    args: ["--config=flags.yaml", "--only=a"],
    env: { SLUICE_ONLY: "b,c" },
    file: "only: [d]",
  });

  assert.deepEqual(got.ok && got.value.values.only, ["a"]);
});

Deno.test("readFlags() explains itself even when the file is missing", async () => {
  const got = await read({ args: ["--config=none.yaml", "--help"] });

  assert.equal(got.ok && got.value.help, true);
});

const refused = [
  { name: "a missing file", given: { args: ["--config=none.yaml"] }, message: "none.yaml" },
  { name: "a wrong variable", given: { env: { SLUICE_CONCURRENT: "x" } }, message: "SLUICE_C" },
  { name: "an unknown flag", given: { args: ["--nmae=x"] }, message: '"--name"' },
];

for (const { name, given, message } of refused) {
  Deno.test(`readFlags() refuses ${name} by its name`, async () => {
    const got = await read(given);

    assert.ok(!got.ok && got.message.includes(message), got.ok ? "" : got.message);
  });
}

const files = [
  { name: "nothing", text: "", want: {} },
  { name: "only comments", text: "# none\n", want: {} },
  {
    name: "each type",
    text: "name: :8080\ndry-run: true\nconcurrent: 8\ninterval: 1m30s\nonly: [a, b]\n",
    want: { name: ":8080", "dry-run": true, concurrent: 8, interval: 90_000, only: ["a", "b"] },
  },
  { name: "a list as text", text: "only: a,b", want: { only: ["a", "b"] } },
  {
    name: "a misspelt name",
    text: "nmae: x",
    want: 'f: Unknown flag "nmae"; did you mean "name"?',
  },
  { name: "a file in a file", text: "config: x", want: /Unknown flag "config"/ },
  { name: "the prototype", text: "__proto__: {a: 1}", want: /Unknown flag "__proto__"/ },
  { name: "a sequence", text: "[a]", want: /no mapping/ },
  { name: "nothing for a name", text: "name:", want: "f: name is no text" },
  { name: "a mapping for a name", text: "name: {a: 1}", want: "f: name is no text" },
  { name: "numbers in a list", text: "only: [1]", want: /no text; quote it/ },
  { name: "a wrong value", text: "concurrent: many", want: /write a whole number/ },
  { name: "no YAML", text: "a: [", want: /f/ },
];

for (const { name, text, want } of files) {
  Deno.test(`parseFlagFile() of ${name}`, () => {
    const got = parseFlagFile(TABLE, "f", text);

    if (want instanceof RegExp) assert.match(got.ok ? "" : got.message, want);
    else assert.deepEqual(got.ok ? Object.fromEntries(got.value) : got.message, want);
  });
}

Deno.test("every flag has an environment variable of its own", () => {
  const names = Object.keys(FLAGS).map(environmentName);

  assert.equal(new Set(names).size, names.length);
  for (const name of names) assert.match(name, /^SLUICE_[A-Z][A-Z_]*$/);
});
