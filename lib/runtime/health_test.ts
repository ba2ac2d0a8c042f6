import assert from "node:assert/strict";
import { parseListenAddress } from "./health.ts";

const addresses = [
  { address: ":8080", want: { hostname: "0.0.0.0", port: 8080 } },
  { address: "127.0.0.1:0", want: { hostname: "127.0.0.1", port: 0 } },
  { address: "[::1]:9440", want: { hostname: "::1", port: 9440 } },
  { address: "localhost:80", want: { hostname: "localhost", port: 80 } },
  { address: "8080", want: "InvalidAddress" },
  { address: ":65536", want: "InvalidAddress" },
  { address: "a b:80", want: "InvalidAddress" },
  { address: "", want: "InvalidAddress" },
];

for (const { address, want } of addresses) {
  Deno.test(`parseListenAddress() of "${address}"`, () => {
    const got = parseListenAddress(address);

    assert.deepEqual(got.ok ? got.value : got.code, want);
  });
}
