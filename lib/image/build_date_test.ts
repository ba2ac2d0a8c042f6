import assert from "node:assert/strict";
import { type Budget, defaultBudget, fail, ok, type Result } from "../base/mod.ts";
import { type BuildDateSource, chooseByBuildDate } from "./build_date.ts";

/** Dates by tag; two tags with one date are one image. */
const DATES: Readonly<Record<string, string | undefined>> = {
  "v1": "2024-01-01T00:00:00Z",
  "v2": "2024-03-01T00:00:00.000000002Z",
  "v3": "2024-03-01T00:00:00.000000001Z",
  "copy": "2024-03-01T00:00:00.000000002Z",
  "east": "2024-03-01T01:30:00+02:00",
  "undated": undefined,
  "zero": "0001-01-01T00:00:00Z",
  "epoch": "1970-01-01T00:00:00Z",
  "odd": "yesterday",
};

const chosen: { name: string; tags: string[]; pattern?: string; want: string }[] = [
  { name: "the newest, to the nanosecond", tags: ["v1", "v2", "v3"], want: "v2" },
  {
    name: "the first in the alphabet of those made at one time",
    tags: ["v2", "copy", "v1"],
    want: "copy",
  },
  {
    name: "by the time everywhere, not by the clock there",
    tags: ["v1", "east", "v3"],
    want: "v3",
  },
  { name: "of those that the filter takes", tags: ["v1", "v2", "odd"], pattern: "1$", want: "v1" },
  { name: "the only one", tags: ["v1"], want: "v1" },
];

for (const { name, tags, pattern, want } of chosen) {
  Deno.test(`chooseByBuildDate() takes ${name}`, async () => {
    const { source } = fakeSource();
    const settings = { store: new Map<string, string>(), budget: defaultBudget() };

    const got = await chooseByBuildDate({ pattern }, tags, source, settings);

    assert.deepEqual(got, { ok: true, value: want });
    assert.deepEqual(
      await chooseByBuildDate({ pattern }, tags.toReversed(), source, settings),
      got,
    );
  });
}

const refused: {
  name: string;
  tags: string[];
  pattern?: string;
  budget?: Partial<Budget>;
  want: RegExp;
}[] = [
  {
    name: "an image without a date",
    tags: ["v1", "undated"],
    want: /^NoBuildDate: tag 'undated': the image sha256:undated has no creation date/,
  },
  {
    name: "Go's zero",
    tags: ["zero", "v1"],
    want: /^NoBuildDate: tag 'zero': .* was created at "0001-01-01T00:00:00Z"/,
  },
  { name: "the zero of reproducible builds", tags: ["epoch"], want: /^NoBuildDate: tag 'epoch': / },
  {
    name: "what is no date",
    tags: ["odd"],
    want: /^NoBuildDate: tag 'odd': .* was created at "yesterday"/,
  },
  {
    name: "a list of which nothing is left",
    tags: ["v1"],
    pattern: "^x",
    want: /^NoMatch: version list argument cannot be empty$/,
  },
  {
    name: "a pattern that is none",
    tags: ["v1"],
    pattern: "(",
    want: /^InvalidPolicy: failed to filter tags: /,
  },
  {
    name: "more tags than anyone should ask for",
    tags: Array.from({ length: 1_001 }, (_, at) => `t${at}`),
    want: /^TooMany: 1001 tags .* narrow the filter of tags$/,
  },
  {
    name: "more than its budget",
    tags: ["v1", "v2"],
    budget: { entries: 1 },
    want: /^BudgetSpent: /,
  },
  { name: "a tag that is gone", tags: ["v1", "gone"], want: /^NotFound: gone$/ },
];

for (const { name, tags, pattern, budget, want } of refused) {
  Deno.test(`chooseByBuildDate() refuses ${name}`, async () => {
    const { source } = fakeSource();
    const settings = {
      store: new Map<string, string>(),
      budget: { ...defaultBudget(), ...budget },
    };

    assert.match(said(await chooseByBuildDate({ pattern }, tags, source, settings)), want);
  });
}

Deno.test("chooseByBuildDate() reads the date of an image once, ever", async () => {
  const { source, read } = fakeSource();
  const settings = { store: new Map<string, string>(), budget: defaultBudget() };

  await chooseByBuildDate(undefined, ["v1", "v2", "copy"], source, settings);
  await chooseByBuildDate(undefined, ["v1", "v2", "v3", "copy"], source, settings);

  assert.deepEqual(read.toSorted(), ["sha256:v1", "sha256:v2", "sha256:v3"]);
});

Deno.test("chooseByBuildDate() asks no further once the registry wants to be left alone", async () => {
  let asked = 0;
  const busy = fail("TooManyRequests", "slow down");
  const source: BuildDateSource = {
    fetchDigest: () => {
      asked++;
      return Promise.resolve(busy);
    },
    fetchCreated: () => Promise.resolve(busy),
  };
  const tags = Array.from({ length: 100 }, (_, at) => `t${at}`);

  const got = await chooseByBuildDate(undefined, tags, source, {
    store: new Map(),
    budget: defaultBudget(),
  });

  assert.equal(got, busy);
  assert.ok(asked <= 4);
});

Deno.test("chooseByBuildDate() goes as far as it may, and on from there in the next run", async () => {
  const { source, read, asked } = fakeSource();
  const tags = ["v1", "v2", "v3", "copy"];
  const options = {
    store: new Map<string, string>(),
    budget: defaultBudget(),
    digests: new Map<string, string>(),
    mostQuestions: 3,
  };

  const runs: string[] = [];
  for (let run = 0; run < 3; run++) {
    const got = await chooseByBuildDate(undefined, tags, source, options);
    runs.push(got.ok ? got.value : said(got));
  }

  assert.deepEqual(runs, [
    "Unfinished: the build dates of 0 of 4 tags are known so far",
    "Unfinished: the build dates of 3 of 4 tags are known so far",
    "copy",
  ]);
  assert.deepEqual([asked.length, read.length], [4, 3]);
});

Deno.test("chooseByBuildDate() remembers that an image has no date, and names the same tag again", async () => {
  const { source, read } = fakeSource();
  const options = { store: new Map<string, string>(), budget: defaultBudget() };

  const first = await chooseByBuildDate(undefined, ["zero", "undated"], source, options);
  const again = await chooseByBuildDate(undefined, ["undated", "zero"], source, options);

  assert.match(said(first), /^NoBuildDate: tag 'undated': /);
  assert.deepEqual(again, first);
  assert.equal(read.length, 2);
});

function fakeSource(): { source: BuildDateSource; read: string[]; asked: string[] } {
  const read: string[] = [];
  const asked: string[] = [];
  const source: BuildDateSource = {
    fetchDigest: (tag) => {
      asked.push(tag);
      return Promise.resolve(
        tag in DATES ? ok(`sha256:${tag === "copy" ? "v2" : tag}`) : fail("NotFound", tag),
      );
    },
    fetchCreated: (digest) => {
      read.push(digest);
      return Promise.resolve(ok(DATES[digest.slice("sha256:".length)]));
    },
  };
  return { source, read, asked };
}

function said(result: Result<unknown>): string {
  return result.ok ? "ok" : `${result.code}: ${result.message}`;
}
