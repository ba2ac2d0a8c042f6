import assert from "node:assert/strict";
import { defaultBudget } from "../base/mod.ts";
import { chooseTag, type TagPolicy } from "./choose_tag.ts";
import { filterTags } from "./filter_tags.ts";
import { fittingTags, highestVersion, newestTags } from "./flux1/newest.ts";
import { parseTagPattern } from "./flux1/tag_pattern.ts";

const BUILDS = ["main-a1-20", "main-b2-100", "main-c3-9", "dev-d4-500"];

const chosen: { name: string; spec: TagPolicy; tags?: readonly string[]; want: string }[] = [
  {
    name: "the highest version in the range, as it is written",
    spec: { policy: { semver: { range: "1.x" } } },
    tags: ["v2.0.0", "v1.10.0", "v1.9.0", "latest", "1.11"],
    want: "v1.10.0",
  },
  {
    name: "no pre-release that the range does not ask for",
    spec: { policy: { semver: { range: ">=1.0.0" } } },
    tags: ["1.0.0", "2.0.0-rc.1"],
    want: "1.0.0",
  },
  {
    name: "the last in the alphabet",
    spec: { policy: { alphabetical: {} } },
    tags: ["1.9", "1.10", "1.2"],
    want: "1.9",
  },
  {
    name: "the first in the alphabet",
    spec: { policy: { alphabetical: { order: "desc" } } },
    tags: ["1.9", "1.10", "1.2"],
    want: "1.10",
  },
  {
    name: "the tag of the greatest extracted number",
    spec: {
      policy: { numerical: { order: "asc" } },
      filterTags: { pattern: "^main-[a-f0-9]+-(?P<build>[0-9]+)$", extract: "$build" },
    },
    want: "main-b2-100",
  },
  {
    name: "the tag of the smallest extracted number",
    spec: {
      policy: { numerical: { order: "desc" } },
      filterTags: { pattern: "-([0-9]+)$", extract: "${1}" },
    },
    want: "main-c3-9",
  },
  {
    name: "the later of equal numbers",
    spec: { policy: { numerical: {} } },
    tags: ["1.0", "1", "01"],
    want: "01",
  },
  {
    name: "the last of tags that come to the same",
    spec: { policy: { alphabetical: {} }, filterTags: { pattern: "^main", extract: "x" } },
    want: "main-c3-9",
  },
];

for (const { name, spec, tags = BUILDS, want } of chosen) {
  Deno.test(`chooseTag() takes ${name}`, async () => {
    const got = await chooseTag(spec, tags, defaultBudget());

    assert.deepEqual(got, { ok: true, value: want });
  });
}

// The words of the golden scenario image-policy-fails.
const refused: { name: string; spec: TagPolicy; want: string }[] = [
  {
    name: "a range that is none",
    spec: { policy: { semver: { range: "not a range" } } },
    want: 'InvalidPolicy: invalid policy: improper constraint: "not a range"',
  },
  {
    name: "a pattern that is none",
    spec: { policy: { alphabetical: {} }, filterTags: { pattern: "(" } },
    want: "InvalidPolicy: failed to filter tags: invalid regular expression pattern '(': " +
      "error parsing regexp: missing closing ): `(`",
  },
  {
    name: "a pattern beyond all measure",
    spec: { policy: { alphabetical: {} }, filterTags: { pattern: "a".repeat(2_000) } },
    want: "InvalidPolicy: failed to filter tags: " +
      "regular expression pattern is longer than 1000 characters",
  },
  {
    name: "no policy",
    spec: { policy: {} },
    want: "InvalidPolicy: invalid policy: given ImagePolicyChoice object is invalid",
  },
  {
    name: "an order that is none",
    spec: { policy: { numerical: { order: "up" } } },
    want: "InvalidPolicy: invalid policy: " +
      "invalid order argument provided: 'UP', must be one of: ASC, DESC",
  },
  {
    name: "a list without a version in the range",
    spec: { policy: { semver: { range: "9.x" } } },
    want: "NoMatch: unable to determine latest version from provided list",
  },
  {
    name: "a list of which nothing is left",
    spec: { policy: { alphabetical: {} }, filterTags: { pattern: "^none$" } },
    want: "NoMatch: version list argument cannot be empty",
  },
  {
    name: "a list with what is no number",
    spec: { policy: { numerical: {} } },
    want: "NoMatch: failed to parse invalid numeric value 'main-a1-20'",
  },
];

for (const { name, spec, want } of refused) {
  Deno.test(`chooseTag() refuses ${name}`, async () => {
    const got = await chooseTag(spec, BUILDS, defaultBudget());

    assert.equal(got.ok ? got.value : `${got.code}: ${got.message}`, want);
  });
}

const templates = [
  { extract: "$1-$2", want: "a-b" },
  { extract: "$1x", want: "" },
  { extract: "${1}x", want: "ax" },
  { extract: "$name!", want: "b!" },
  { extract: "$0", want: "ab" },
  { extract: "$01", want: "" },
  { extract: "$9$constructor.", want: "." },
  { extract: "$$1 $ ${} ${-}", want: "$1 $ ${} ${-}" },
];

for (const { extract, want } of templates) {
  Deno.test(`filterTags() expands ${extract} as Go does`, async () => {
    const filter = { pattern: "(a)(?P<name>b)", extract };
    const got = await filterTags(filter, ["xab"], defaultBudget());

    assert.deepEqual(got, { ok: true, value: new Map([[want, "xab"]]) });
  });
}

Deno.test("filterTags() and all that choose by it end when the time is up", async () => {
  const budget = defaultBudget(AbortSignal.abort());
  const filter = { pattern: "^main" };
  const spec = { policy: { alphabetical: {} }, filterTags: filter };

  const filtered = await filterTags(filter, BUILDS, budget);
  const chosen = await chooseTag(spec, BUILDS, budget);
  const highest = await chooseTag({ policy: { semver: { range: "*" } } }, ["1.0"], budget);
  const fitting = await fittingTags(["1.0"], parseTagPattern("semver:*"), budget);
  const version = await highestVersion(["1.0"], budget);

  for (const got of [filtered, chosen, highest, fitting, version]) {
    assert.equal(got.ok || got.code, "Timeout");
  }
});

Deno.test("highestVersion() is the first of newestTags(), whatever the order", async () => {
  const lists = [
    ["1.0", "1.0.0", "v1", "0.9"],
    ["1.0.0-rc.1", "1.0.0-rc.2", "0.9"],
    ["1.2.0+a", "1.2.0+b", "1.10.0"],
    ["1"],
  ];
  const pattern = parseTagPattern("semver:*-0");
  for (const tags of lists.flatMap((list) => [list, list.toReversed()])) {
    const fitting = await fittingTags(tags, pattern, defaultBudget());
    const highest = await highestVersion(fitting.ok ? fitting.value : [], defaultBudget());

    const [newest] = newestTags(tags.map((tag) => ({ tag })), pattern);
    assert.deepEqual(highest, { ok: true, value: newest?.tag });
  }
});
