/**
 * Files of Flux v1's users; the rest is held by `deno task conformance flux1`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { defaultBudget, type Result } from "../../base/mod.ts";
import { isAutomated, policiesOf } from "./policies.ts";
import { setPolicies } from "./set_policies.ts";
import { parseTagPattern } from "./tag_pattern.ts";
import { setContainerImage } from "./workload_file.ts";

const HEAD = "kind: Pod\nmetadata:\n  name: a\n";
const OLD = `${HEAD}  annotations: # mine\n    fluxcd.io/automated: "true" # why\n    b: c\n`;

interface Case {
  name: string;
  text: string;
  add?: Record<string, string>;
  remove?: string[];
  want: string;
}

const policies: Case[] = [
  {
    name: "another value, in its quotes and before its comment",
    text: OLD,
    add: { automated: "false" },
    want: OLD.replace('"true"', '"false"'),
  },
  {
    name: "a new one at the end of CRLF lines",
    text: OLD.replaceAll("\n", "\r\n"),
    add: { locked_msg: "a: b" },
    want: `${OLD.replaceAll("\n", "\r\n")}    fluxcd.io/locked_msg: 'a: b'\r\n`,
  },
  {
    name: "a new one behind a file that ends without a line end",
    text: HEAD.trimEnd(),
    add: { locked: "true" },
    want: `${HEAD}  annotations:\n    fluxcd.io/locked: 'true'\n`,
  },
  {
    name: "another value in the place of a block",
    text:
      `${HEAD}  annotations:\n    fluxcd.io/locked_msg: |\n      one\n\n      two\n\nspec: {}\n`,
    add: { locked_msg: "three" },
    want: `${HEAD}  annotations:\n    fluxcd.io/locked_msg: three\n\nspec: {}\n`,
  },
  {
    name: "none any more, and no annotations with them",
    text: `${HEAD}  annotations: {fluxcd.io/automated: "true"}\n`,
    remove: ["automated"],
    want: HEAD,
  },
  {
    name: "nothing into annotations that share a line",
    text: `${HEAD}  annotations: {b: c}\n`,
    add: { locked: "true" },
    want: "CannotEdit: f.yaml: write the annotations one a line, each under the other",
  },
  {
    name: "nothing where the workload is not",
    text: HEAD.replace("Pod", "Job"),
    add: { locked: "true" },
    want: "NotFound: f.yaml does not hold default:pod/a",
  },
  {
    name: "no pattern that cannot be read",
    text: HEAD,
    add: { tag_all: "semver:latest" },
    want: "InvalidPattern: invalid tag pattern: semver:latest",
  },
];

for (const { name, text, add = {}, remove = [], want } of policies) {
  Deno.test(`setPolicies() writes ${name}`, () => {
    const change = {
      workload: "default:pod/a",
      add: new Map(Object.entries(add)),
      remove: new Set(remove),
    };

    assert.equal(said(setPolicies("f.yaml", text, change, defaultBudget())), want);
  });
}

const images: { name: string; text: string; want: string }[] = [
  {
    name: "a CronJob",
    text:
      "kind: CronJob\nmetadata: {name: a}\nspec:\n  jobTemplate:\n    spec:\n      template:\n" +
      "        spec:\n          containers: [{name: c, image: x:1}]\n",
    want: "image: y:2}",
  },
  {
    name: "a member of a List",
    text: "kind: List\nitems:\n- kind: CronJob\n  metadata: {name: a}\n  spec:\n    template:\n" +
      '      spec:\n        containers:\n        - {name: c, image: "x"}\n',
    want: 'image: "y:2"}',
  },
  {
    name: "no container of another name",
    text: "kind: CronJob\nmetadata: {name: a}\nspec: {containers: [{name: d, image: x}]}\n",
    want: "NotFound: f.yaml: default:cronjob/a has no container c",
  },
];

for (const { name, text, want } of images) {
  Deno.test(`setContainerImage() changes ${name}`, () => {
    const change = { workload: "default:cronjob/a", containers: ["c"], image: "y:2" };

    const got = said(setContainerImage("f.yaml", text, change, defaultBudget()));

    assert.equal(
      got.includes("image:") ? got.slice(got.indexOf("image:")).replace(/\].*|\n/gs, "") : got,
      want,
    );
  });
}

const automated: { annotations: Record<string, string>; want: boolean }[] = [
  { annotations: { "fluxcd.io/automated": "true" }, want: true },
  { annotations: { "flux.weave.works/automated": "true" }, want: true },
  { annotations: { "fluxcd.io/automated": "yes" }, want: false },
  { annotations: { "fluxcd.io/automated": "true", "fluxcd.io/locked": "true" }, want: false },
  {
    annotations: { "fluxcd.io/automated": "true", "flux.weave.works/ignore": "true" },
    want: false,
  },
  { annotations: { automated: "true" }, want: false },
];

for (const { annotations, want } of automated) {
  Deno.test(`isAutomated() is ${want} for ${JSON.stringify(annotations)}`, () => {
    assert.equal(isAutomated(policiesOf(new Map(Object.entries(annotations)))), want);
  });
}

Deno.test("parseTagPattern() takes time in proportion to tag and pattern", () => {
  const pattern = parseTagPattern(`${"a*".repeat(2_000)}b`);

  assert.equal(pattern.matches("a".repeat(100_000)), false);
  assert.equal(parseTagPattern(`regexp:${"a".repeat(2_000)}`).isValid, false);
});

function said(result: Result<string>): string {
  return result.ok ? result.value : `${result.code}: ${result.message}`;
}
