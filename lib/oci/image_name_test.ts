import assert from "node:assert/strict";
import { canonicalName } from "./image_name.ts";

const names = [
  { image: "alpine", want: "index.docker.io/library/alpine" },
  { image: "library/alpine", want: "index.docker.io/library/alpine" },
  { image: "docker.io/alpine", want: "index.docker.io/library/alpine" },
  { image: "org/app", want: "index.docker.io/org/app" },
  { image: "localhost", want: "index.docker.io/library/localhost" },
  { image: "localhost/app", want: "localhost/app" },
  { image: "localhost:5000/a/b/c", want: "localhost:5000/a/b/c" },
  { image: "[::1]:5000/app", want: "[::1]:5000/app" },
  { image: "ghcr.io/org/app_1.x--y", want: "ghcr.io/org/app_1.x--y" },
];

for (const { image, want } of names) {
  Deno.test(`canonicalName() spells ${image} out as ${want}`, () => {
    assert.deepEqual(canonicalName(image), { ok: true, value: want });
  });
}

const refused = [
  { name: "nothing", image: "" },
  { name: "capital letters", image: "ghcr.io/Org/app" },
  { name: "a way up", image: "ghcr.io/org/../../admin" },
  { name: "an empty folder", image: "ghcr.io//app" },
  { name: "a host without image", image: "ghcr.io/" },
  { name: "user information", image: "me:secret@ghcr.io/app" },
  { name: "a query", image: "ghcr.io/app?x=y" },
  { name: "a line break", image: "ghcr.io/app\n" },
  { name: "a name of 300 letters", image: `ghcr.io/${"a".repeat(300)}` },
];

for (const { name, image } of refused) {
  Deno.test(`canonicalName() refuses ${name}`, () => {
    const got = canonicalName(image);

    assert.equal(got.ok ? got.value : got.message, `could not parse reference: ${image}`);
  });
}
