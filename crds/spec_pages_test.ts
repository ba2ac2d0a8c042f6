import assert from "node:assert/strict";
import { load } from "js-yaml";
import { isRecord } from "../lib/base/mod.ts";
import { ALL_KINDS } from "./mod.ts";

const PAGES = [
  "README.md",
  "docs/spec/gitrepository.md",
  "docs/spec/kustomization.md",
  "docs/spec/imagerepository.md",
  "docs/spec/imagepolicy.md",
];

for (const page of PAGES) {
  Deno.test(`every manifest in ${page} is what its schema takes`, async () => {
    const text = await Deno.readTextFile(new URL(`../${page}`, import.meta.url));

    const blocks = [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, yaml = ""]) => yaml);

    assert.ok(blocks.length > 0, "the page has no example");
    for (const document of blocks.flatMap((yaml) => yaml.split(/^---$/m))) {
      const object: unknown = load(document);
      assert.ok(isRecord(object));
      const kind = ALL_KINDS.find((known) => known.kind === object.kind);
      const decoded = kind?.decode(object);
      assert.ok(decoded?.ok, decoded?.ok === false ? decoded.message : `no kind ${object.kind}`);
      assert.deepEqual(unknownFields(object.spec, decoded.value), []);
    }
  });
}

/** Decoding keeps fields that it does not know; an example must not have any. */
function unknownFields(spec: unknown, decoded: unknown): string[] {
  const known = ALL_KINDS.find((kind) => isRecord(decoded) && kind.kind === decoded.kind);
  const schema: unknown = known?.spec;
  const properties = isRecord(schema) ? schema.properties : undefined;
  assert.ok(isRecord(spec) && isRecord(properties));
  return Object.keys(spec).filter((field) => !Object.hasOwn(properties, field));
}
