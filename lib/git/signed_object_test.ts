import assert from "node:assert/strict";
import fc from "fast-check";
import { joinBytes } from "../base/mod.ts";
import { splitCommit, splitTag } from "./signed_object.ts";

const TREE = `tree ${"1".repeat(40)}\n`;
const WHO = "author A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n";
const SIGNATURE = "-----BEGIN SSH SIGNATURE-----\nabc\n-----END SSH SIGNATURE-----\n";
const AS_HEADER = SIGNATURE.trimEnd().replaceAll("\n", "\n ") + "\n";

const commits: {
  name: string;
  raw: string;
  want: { payload: string; signature: string } | string;
}[] = [
  {
    name: "has no signature",
    raw: `${TREE}${WHO}\ngpgsig in a message\n`,
    want: { payload: `${TREE}${WHO}\ngpgsig in a message\n`, signature: "" },
  },
  {
    name: "has one, and keeps carriage returns and zeros where they are",
    raw: `${TREE}${WHO}gpgsig ${AS_HEADER}\nline\r\n\0end`,
    want: { payload: `${TREE}${WHO}\nline\r\n\0end`, signature: SIGNATURE },
  },
  {
    name: "has a header behind it",
    raw: `${TREE}${WHO}gpgsig ${AS_HEADER}encoding latin1\n\nhello`,
    want: { payload: `${TREE}${WHO}encoding latin1\n\nhello`, signature: SIGNATURE },
  },
  {
    name: "merges a tag that is signed itself: that signature is content",
    raw: `${TREE}${WHO}mergetag object 1\n gpgsig ${AS_HEADER} \ngpgsig ${AS_HEADER}\nhello`,
    want: {
      payload: `${TREE}${WHO}mergetag object 1\n gpgsig ${AS_HEADER} \n\nhello`,
      signature: SIGNATURE,
    },
  },
  {
    name: "also has the signature of its SHA-256 form, which is no content",
    raw: `${TREE}${WHO}gpgsig-sha256 other\n lines\ngpgsig ${AS_HEADER}\nhello`,
    want: { payload: `${TREE}${WHO}\nhello`, signature: SIGNATURE },
  },
  {
    name: "of a SHA-256 repository is signed by the other header",
    raw: `tree ${"1".repeat(64)}\n${WHO}gpgsig no\ngpgsig-sha256 ${AS_HEADER}\nhello`,
    want: { payload: `tree ${"1".repeat(64)}\n${WHO}\nhello`, signature: SIGNATURE },
  },
  {
    name: "has a header that only begins like it: that is content",
    raw: `${TREE}${WHO}gpgsigs ${AS_HEADER}\nhello`,
    want: { payload: `${TREE}${WHO}gpgsigs ${AS_HEADER}\nhello`, signature: "" },
  },
  {
    name: "is signed twice",
    raw: `${TREE}${WHO}gpgsig ${AS_HEADER}gpgsig ${AS_HEADER}\nhello`,
    want: "the object has the header gpgsig twice",
  },
  {
    name: "is signed twice, apart",
    raw: `${TREE}gpgsig ${AS_HEADER}${WHO}gpgsig ${AS_HEADER}\nhello`,
    want: "the object has the header gpgsig twice",
  },
];

for (const { name, raw, want } of commits) {
  Deno.test(`splitCommit() takes apart a commit that ${name}`, () => {
    const got = splitCommit(new TextEncoder().encode(raw));

    assert.deepEqual(got.ok ? textOf(got.value) : got.message, want);
  });
}

const ID = "2".repeat(40);
const HEAD = `object ${ID}\ntype commit\ntag v1\n`;

const tags: {
  name: string;
  raw: string;
  want: { payload: string; signature: string } | string;
}[] = [
  {
    name: "has no signature",
    raw: `${HEAD}\nfirst\n`,
    want: { payload: `${HEAD}\nfirst\n`, signature: "" },
  },
  {
    name: "has one at its end",
    raw: `${HEAD}\nfirst\n${SIGNATURE}`,
    want: { payload: `${HEAD}\nfirst\n`, signature: SIGNATURE },
  },
  {
    name: "quotes a signature in its message: the last one counts",
    raw: `${HEAD}\n${SIGNATURE}\nthat was it\n${SIGNATURE}`,
    want: { payload: `${HEAD}\n${SIGNATURE}\nthat was it\n`, signature: SIGNATURE },
  },
  {
    name: "has bytes behind its signature: they belong to the signature, which they spoil",
    raw: `${HEAD}\nfirst\n${SIGNATURE}more`,
    want: { payload: `${HEAD}\nfirst\n`, signature: `${SIGNATURE}more` },
  },
  {
    name: "also has the signature of its SHA-256 form",
    raw: `${HEAD}gpgsig-sha256 other\n lines\n\nfirst\n${SIGNATURE}`,
    want: { payload: `${HEAD}\nfirst\n`, signature: SIGNATURE },
  },
  { name: "names nothing", raw: `tag v1\n\n${SIGNATURE}`, want: "the tag object is damaged" },
  {
    name: "names two things",
    raw: `object ${ID}\n${HEAD}\n${SIGNATURE}`,
    want: "the tag object is damaged",
  },
];

for (const { name, raw, want } of tags) {
  Deno.test(`splitTag() takes apart a tag that ${name}`, () => {
    const got = splitTag(new TextEncoder().encode(raw));

    assert.deepEqual(got.ok ? textOf(got.value) : got.message, want);
    if (got.ok) assert.equal(`${got.value.target} ${got.value.targetType}`, `${ID} commit`);
  });
}

Deno.test("splitCommit() gives back every byte that was there before the signature", () => {
  const line = fc.string({ unit: "binary", maxLength: 12 }).map((text) =>
    text.replace(/[\n\0]/g, "")
  ).filter((text) => !text.startsWith("gpgsig") && text !== "");
  const commit = fc.record({
    before: fc.array(line, { maxLength: 4 }),
    after: fc.array(line.filter((text) => !text.startsWith(" ")), { maxLength: 4 }),
    message: fc.uint8Array({ maxLength: 40 }),
  });
  fc.assert(fc.property(commit, ({ before, after, message }) => {
    const lines = (texts: string[]) => texts.map((text) => `${text}\n`).join("");
    const head = TREE + lines(before);
    const raw = joinBytes(`${head}gpgsig ${AS_HEADER}${lines(after)}\n`, message);

    const got = splitCommit(raw);

    assert.ok(got.ok);
    assert.deepEqual([...got.value.payload], [...joinBytes(`${head}${lines(after)}\n`, message)]);
    assert.equal(got.value.signature, SIGNATURE);
  }));
});

Deno.test("splitCommit() and splitTag() never throw", () => {
  const piece = fc.constantFrom(
    ..."gpgsig |gpgsig-sha256 |\n|\n\n| |tree 1|tag v1\n|type commit\n|object 12\n|\r|\0|é".split(
      "|",
    ),
    "-----BEGIN PGP SIGNATURE-----\n",
  );
  fc.assert(fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
    const raw = new TextEncoder().encode(pieces.join(""));
    for (const split of [splitCommit(raw), splitTag(raw)]) {
      if (!split.ok) assert.equal(split.code, "InvalidObject");
    }
  }));
});

function textOf({ payload, signature }: { payload: Uint8Array; signature: string }) {
  return { payload: new TextDecoder().decode(payload), signature };
}
