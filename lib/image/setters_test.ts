/**
 * Setters; what Flux does with them is held by `deno task conformance setters`.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Budget, defaultBudget, type FileTree, treeOf } from "../base/mod.ts";
import { parseDocuments, toPlain } from "../yaml/mod.ts";
import type { LatestImage } from "./latest_image.ts";
import type { ManifestUpdate } from "./manifest_update.ts";
import { updateWithSetters } from "./setters.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const POLICIES = new Map<string, LatestImage>([
  ["ns:app", { name: "reg.io/app", tag: "1.10", digest: DIGEST }],
]);
const WHOLE = `reg.io/app:1.10@${DIGEST}`;

const texts: { name: string; text: string; want: string }[] = [
  {
    name: "values in JSON, behind their commas",
    text: '{\n\t"image": "x", # {"$imagepolicy": "ns:app:name"}\n\t"tag": 1 # {"$imagepolicy":' +
      ' "ns:app:tag"}\n}\n',
    want: '{\n\t"image": "reg.io/app", # {"$imagepolicy": "ns:app:name"}\n\t"tag": "1.10" # ' +
      '{"$imagepolicy": "ns:app:tag"}\n}\n',
  },
  {
    name: "a comment above an item",
    text: 'l:\n  # {"$imagepolicy": "ns:app"}\n  - x\n',
    want: `l:\n  # {"$imagepolicy": "ns:app"}\n  - ${WHOLE}\n`,
  },
  {
    name: "a comment with more than the marker",
    text: 'a: x # {"$imagepolicy": "ns:app:name", "why": "b"}\n',
    want: 'a: reg.io/app # {"$imagepolicy": "ns:app:name", "why": "b"}\n',
  },
  {
    name: "line ends and blanks of every kind",
    text:
      '\ufeff# head\r\n\r\n---\r\na:   x   # {"$imagepolicy": "ns:app:name"}   \r\n\r\n  \r\n---\r\n' +
      "b: [ 1 ,2]  \r\n...",
    want: "\ufeff# head\r\n\r\n---\r\na:   reg.io/app   # " +
      '{"$imagepolicy": "ns:app:name"}   \r\n\r\n  \r\n---\r\nb: [ 1 ,2]  \r\n...',
  },
  {
    name: "nothing where an alias stands",
    text: 'a: &n x\nb: *n # {"$imagepolicy": "ns:app"}\n',
    want: "",
  },
  {
    name: "nothing for a number in the marker",
    text: 'a: x # {"$imagepolicy": "ns:app", "b": 1}\n',
    want: "",
  },
  {
    name: "nothing for a policy elsewhere",
    text: 'a: x # {"$imagepolicy": "other:app"}\n',
    want: "",
  },
  {
    name: "nothing for what objects have by nature",
    text: 'a: x # {"$imagepolicy": "constructor"}\n',
    want: "",
  },
];

for (const { name, text, want } of texts) {
  Deno.test(`updateWithSetters() follows ${name}`, () => {
    const update = updated(treeOf({ "f.yaml": text }));

    assert.equal(contentOf(update, "f.yaml") ?? "", want);
    assert.deepEqual(update.skipped, []);
  });
}

Deno.test("updateWithSetters() tells changes by file and object", () => {
  const text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: d}\n" +
    'a: x # {"$imagepolicy": "ns:app:name"}\nb: 1.9 # {"$imagepolicy": "ns:app:tag"}\n';

  const update = updated(treeOf({ "b/f.yaml": `---\n${text}---\n${text}`, "a.yml": text }));

  const object = { apiVersion: "v1", kind: "Pod", namespace: "d", name: "p" };
  const changes = [
    { setter: "ns:app:name", oldValue: "x", newValue: "reg.io/app" },
    { setter: "ns:app:tag", oldValue: "1.9", newValue: "1.10" },
  ];
  assert.deepEqual(update.changes, [
    { file: "a.yml", object, changes },
    { file: "b/f.yaml", object, changes: [...changes, ...changes] },
  ]);
});

Deno.test("updateWithSetters() passes over what it cannot read or write, and says so", () => {
  const marked = 'a: x # {"$imagepolicy": "ns:app"}\n';
  const link = { mode: "120000", read: () => new TextEncoder().encode("b.yaml") } as const;
  const large = { mode: "100644", sizeBytes: 1 << 30, read: never } as const;
  const files: FileTree = new Map([
    ...treeOf({
      "a.yaml": `${marked} b: c\n`,
      "c.yaml": new Uint8Array([0x61, 0x3a, 0x20, 0xff]),
      "d.yaml": "{{ if }} # no marker, no YAML\n",
      "e.yaml": 'a: !!int 1 # {"$imagepolicy": "ns:app"}\n',
      "f.txt": marked,
    }),
    ["link.yaml", link],
    ["large.yaml", large],
  ]);

  const update = updated(files);

  assert.deepEqual([...update.files], []);
  assert.deepEqual(update.changes, []);
  assert.deepEqual(update.skipped, [
    {
      file: "a.yaml",
      reason:
        "a.yaml: line 2: did not find expected key; indent with spaces, as far as the lines above",
    },
    { file: "c.yaml", reason: "c.yaml is not UTF-8" },
    {
      file: "e.yaml",
      reason: "e.yaml: line 1: cannot write the value without another reading of the file; " +
        "write the value in quotes",
    },
    { file: "large.yaml", reason: "large.yaml is larger than 16777216 bytes" },
  ]);
});

const images: { image: LatestImage; why: string }[] = [
  { image: { name: "UPPER/x", tag: "1" }, why: "its name" },
  { image: { name: "x", tag: "" }, why: "no tag" },
  { image: { name: "x", tag: '1"\nb: c' }, why: "a tag that is none" },
  { image: { name: "x", tag: "1", digest: "sha256:1" }, why: "a digest that is none" },
];

for (const { image, why } of images) {
  Deno.test(`updateWithSetters() refuses an image by ${why}`, () => {
    const got = updateWithSetters(treeOf({}), new Map([["ns:app", image]]), defaultBudget());

    assert.equal(!got.ok && got.code, "InvalidImage");
  });
}

const limits: { name: string; budget: Partial<Budget> }[] = [
  { name: "bytes", budget: { bytes: 50 } },
  { name: "files", budget: { entries: 1 } },
  { name: "depth", budget: { depth: 1 } },
];

for (const { name, budget } of limits) {
  Deno.test(`updateWithSetters() stops at its limit of ${name}`, () => {
    const text = 'a: {b: {c: x}} # {"$imagepolicy": "ns:app"}\n';
    const files = treeOf({ "a.yaml": text, "b.yaml": text });

    const got = updateWithSetters(files, POLICIES, { ...defaultBudget(), ...budget });

    assert.equal(!got.ok && got.code, "BudgetSpent");
  });
}

/** A piece of a file: fixed, or a value before its marker. */
type Piece = { readonly fixed: string } | { readonly value: string; readonly reads: string };

const word = fc.stringMatching(/^[a-z][a-z0-9/.-]{0,8}[a-z0-9]$/);
const written = word.chain((text): fc.Arbitrary<Piece> =>
  fc.constantFrom(
    { value: text, reads: text },
    { value: `'${text}'`, reads: text },
    { value: `"${text}"`, reads: text },
    { value: `"${text}\\t"`, reads: `${text}\t` },
    { value: `"${text}\n\n      ${text}"`, reads: `${text}\n${text}` },
    { value: `!!str ${text}`, reads: text },
    { value: `&x ${text}`, reads: text },
    { value: "12.50", reads: "12.50" },
    { value: "~", reads: "~" },
  )
);
const marker = fc.constantFrom("ns:app", "ns:app:tag", "ns:app:name", "ns:app:digest")
  .map((setter) => ` # {"$imagepolicy": "${setter}"}`);
const filler = fc.constantFrom(
  "    # a comment: 'with' {signs}\n",
  "\n",
  "      \n",
  "    n:   1.0   # kept\n".replace("n", "m"),
  "    t: |+\n      text # {not a marker}\n\n\n",
  "    u: [ a,b ,  { c: d } ]\n",
  '    w: "\\u00e9 é 😀"\n',
);
const document = fc.array(fc.tuple(fc.option(filler, { nil: "" }), written, marker), {
  minLength: 1,
  maxLength: 5,
}).map((parts): Piece[] => {
  const seen = new Set<string>();
  return parts.flatMap(([before, value, comment], index) => {
    const isNew = !seen.has(before);
    seen.add(before);
    const lead = `${isNew ? before : ""}    k${index}:  `;
    return [{ fixed: lead }, value, { fixed: `${comment}\n` }];
  });
});
const file = fc.record({
  documents: fc.array(document, { minLength: 1, maxLength: 3 }),
  isWindows: fc.boolean(),
});

Deno.test("updateWithSetters() changes the marked values and nothing else, whatever the file", () => {
  fc.assert(
    fc.property(file, ({ documents, isWindows }) => {
      const ended = (text: string) => isWindows ? text.replaceAll("\n", "\r\n") : text;
      const pieces = documents.flatMap((it): Piece[] => [{ fixed: "---\nroot:\n" }, ...it])
        .map((it) =>
          "fixed" in it ? { fixed: ended(it.fixed) } : { ...it, value: ended(it.value) }
        );
      const before = pieces.map((it) => "fixed" in it ? it.fixed : it.value).join("");

      const update = updated(treeOf({ "f.yaml": before }));

      assert.deepEqual(update.skipped, []);
      const after = contentOf(update, "f.yaml") ?? before;
      const values = valuesBetween(after, pieces);
      assert.deepEqual(readAll(after), expectedOf(before));
      // What stands between the fixed pieces is the value, with its tag and anchor.
      for (const [index, piece] of pieces.filter((it) => "value" in it).entries()) {
        const lead = /^(?:!!str |&x )?/.exec("value" in piece ? piece.value : "")?.[0] ?? "";
        assert.ok(values[index]?.startsWith(lead));
      }
    }),
    { numRuns: 400 },
  );
});

/** What stands in `text` between the fixed pieces, which all have to be there. */
function valuesBetween(text: string, pieces: readonly Piece[]): readonly string[] {
  const values: string[] = [];
  let at = 0;
  let from = 0;
  let isOpen = false;
  for (const piece of pieces) {
    if ("value" in piece) {
      isOpen = true;
      from = at;
      continue;
    }
    const found: number = isOpen ? text.indexOf(piece.fixed, at) : at;
    assert.equal(text.slice(found, found + piece.fixed.length), piece.fixed);
    if (isOpen) values.push(text.slice(from, found));
    isOpen = false;
    at = found + piece.fixed.length;
  }
  assert.equal(at, text.length);
  return values;
}

/** The documents of `before`, with each marked value replaced by what its marker asks for. */
function expectedOf(before: string): readonly unknown[] {
  const asked: Readonly<Record<string, string>> = {
    "ns:app": WHOLE,
    "ns:app:tag": "1.10",
    "ns:app:name": "reg.io/app",
    "ns:app:digest": DIGEST,
  };
  const setters = [...before.matchAll(/"\$imagepolicy": "([^"]+)"/g)].map(([, setter = ""]) =>
    setter
  );
  let next = 0;
  return readAll(before).map((it) => {
    assert.ok(typeof it === "object" && it !== null && "root" in it);
    const { root } = it;
    assert.ok(typeof root === "object" && root !== null);
    const entries = Object.entries(root).map(([key, value]) =>
      key.startsWith("k") ? [key, asked[setters[next++] ?? ""]] : [key, value]
    );
    return { root: Object.fromEntries(entries) };
  });
}

function readAll(text: string): readonly unknown[] {
  const parsed = parseDocuments(text);
  assert.ok(parsed.ok, parsed.ok ? "" : parsed.message);
  return parsed.value.filter(({ node }) => node !== undefined).map(({ node }) => toPlain(node));
}

function updated(files: FileTree): ManifestUpdate {
  const update = updateWithSetters(files, POLICIES, defaultBudget());
  assert.ok(update.ok, update.ok ? "" : update.message);
  return update.value;
}

function contentOf(update: ManifestUpdate, path: string): string | undefined {
  const bytes = update.files.get(path);
  return bytes && new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

function never(): Uint8Array {
  throw new TypeError("read although it is too large");
}
