import assert from "node:assert/strict";
import { addressTrouble } from "./address.ts";

const cases = [
  { address: "140.82.121.4", want: undefined },
  { address: "10.0.0.1", want: undefined },
  { address: "127.0.0.1", want: undefined },
  { address: "::1", want: undefined },
  { address: "2001:db8::1", want: undefined },
  { address: "fd12::1", want: undefined },
  { address: "::ffff:10.0.0.1", want: undefined },
  { address: "0.0.0.0", want: "an unspecified address" },
  { address: "0.1.2.3", want: "an unspecified address" },
  { address: "::", want: "an unspecified address" },
  { address: "::ffff:0.0.0.0", want: "an unspecified address" },
  { address: "169.254.169.254", want: "a link-local address" },
  { address: "::ffff:169.254.169.254", want: "a link-local address" },
  { address: "::ffff:a9fe:a9fe", want: "a link-local address" },
  { address: "0:0:0:0:0:ffff:a9fe:a9fe", want: "a link-local address" },
  { address: "64:ff9b::169.254.1.1", want: "a link-local address" },
  { address: "fe80::1%eth0", want: "a link-local address" },
  { address: "febf::1", want: "a link-local address" },
  { address: "fec0::1", want: undefined },
  { address: "fd00:ec2::254", want: "a metadata address" },
  { address: "224.0.0.1", want: "a multicast address" },
  { address: "239.1.1.1", want: "a multicast address" },
  { address: "ff02::1", want: "a multicast address" },
  { address: "255.255.255.255", want: "a broadcast address" },
  { address: "example.com", want: "no address" },
  { address: "256.1.1.1", want: "no address" },
  { address: "1::2::3", want: "no address" },
  { address: "1:2:3", want: "no address" },
  { address: "", want: "no address" },
];

for (const { address, want } of cases) {
  Deno.test(`addressTrouble() of ${JSON.stringify(address)} is ${want ?? "nothing"}`, () => {
    assert.equal(addressTrouble(address), want);
  });
}
