import assert from "node:assert/strict";
import { readProxy } from "./proxy.ts";

const cases: { name: string; data: Readonly<Record<string, string>>; want: string }[] = [
  { name: "an address", data: { address: " http://p:3128\n" }, want: "http://p:3128/" },
  { name: "another protocol", data: { address: "https://p" }, want: "https://p/" },
  { name: "SOCKS", data: { address: "socks5://p:1080" }, want: "socks5://p:1080" },
  {
    name: "a login",
    data: { address: "http://p", username: "u", password: "p:w" },
    want: "http://p/ u p:w",
  },
  { name: "a login in the address", data: { address: "http://u:p%40@p" }, want: "http://p/ u p@" },
  {
    name: "a login before the one in the address",
    data: { address: "http://a:b@p", username: "u", password: "w" },
    want: "http://p/ u w",
  },
  { name: "no address", data: { username: "u" }, want: "InvalidProxy" },
  { name: "no host", data: { address: "http://" }, want: "InvalidProxy" },
  { name: "no protocol", data: { address: "p:3128" }, want: "InvalidProxy" },
  { name: "an unknown protocol", data: { address: "ftp://p" }, want: "InvalidProxy" },
  { name: "a long address", data: { address: `http://${"p".repeat(2042)}` }, want: "InvalidProxy" },
  { name: "a metadata service", data: { address: "http://169.254.169.254" }, want: "InvalidProxy" },
  { name: "the same in other words", data: { address: "http://0xa9fea9fe" }, want: "InvalidProxy" },
  {
    name: "the same in IPv6",
    data: { address: "http://[::ffff:a9fe:a9fe]" },
    want: "InvalidProxy",
  },
];

for (const { name, data, want } of cases) {
  Deno.test(`readProxy() takes ${name} for ${want}`, () => {
    const got = readProxy(new Map(Object.entries(data)), "ns/s");

    const { url, username = "", password = "" } = got.ok ? got.value : { url: got.code };
    assert.equal([url, username, password].join(" ").trim(), want);
  });
}
