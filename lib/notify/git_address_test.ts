import assert from "node:assert/strict";
import { parseForgeAddress } from "./git_address.ts";

const cases: { address: string; host: string; id: string }[] = [
  { address: "https://t:secret@h/a/b", host: "https://h", id: "a/b" },
  { address: "ssh://git@h:2222/a/b.git", host: "https://h:2222", id: "a/b" },
  { address: "http://h/a/b/c", host: "http://h", id: "a/b/c" },
  { address: "a/b", host: "file://", id: "a/b" },
];

for (const { address, host, id } of cases) {
  Deno.test(`parseForgeAddress() of ${address}`, () => {
    assert.deepEqual(parseForgeAddress(address), { host, id });
  });
}
