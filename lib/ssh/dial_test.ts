import assert from "node:assert/strict";
import { dial } from "./dial.ts";

const PLACE = { host: "git.example", port: 22 };
const never = new AbortController().signal;

const cases: { name: string; resolve: () => Promise<readonly string[]>; want: [string, string] }[] =
  [
    {
      name: "only to the machine's link",
      resolve: () => Promise.resolve(["169.254.169.254", "fe80::1"]),
      want: [
        "NotPermitted",
        "dial tcp: git.example leads to a link-local address, which is not permitted",
      ],
    },
    {
      name: "only to the metadata service behind IPv6",
      resolve: () => Promise.resolve(["::ffff:169.254.169.254"]),
      want: [
        "NotPermitted",
        "dial tcp: git.example leads to a link-local address, which is not permitted",
      ],
    },
    {
      name: "nowhere",
      resolve: () => Promise.reject(Object.assign(new Error("no"), { code: "ENOTFOUND" })),
      want: ["Unreachable", "dial tcp: lookup git.example: no such host"],
    },
    {
      name: "to no address at all",
      resolve: () => Promise.resolve([]),
      want: ["NotPermitted", "dial tcp: git.example leads to no address, which is not permitted"],
    },
  ];

for (const { name, resolve, want } of cases) {
  Deno.test(`dial() fails for a name that leads ${name}`, async () => {
    const got = await dial(PLACE, never, { resolve });

    assert.deepEqual(!got.ok && [got.code, got.message], want);
  });
}

Deno.test("dial() is called off while a name is looked up", async () => {
  const off = new AbortController();
  const dialled = dial(PLACE, off.signal, { resolve: () => new Promise(() => {}) });

  off.abort();

  const got = await dialled;
  assert.equal(!got.ok && got.code, "Timeout");
});

const proxied: {
  name: string;
  place: string;
  resolve: () => Promise<readonly string[]>;
  want: string;
}[] = [
  {
    name: "for the machine's link",
    place: "169.254.169.254",
    resolve: () => Promise.reject(new Error("nobody asks")),
    want: "dial tcp: no proxy is asked for a link-local address",
  },
  {
    name: "that is at the machine's link",
    place: "git.example",
    resolve: () => Promise.resolve(["169.254.1.1"]),
    want:
      "socks connect tcp proxy.example:1080->git.example:22: dial tcp: proxy.example leads to " +
      "a link-local address, which is not permitted",
  },
];

for (const { name, place, resolve, want } of proxied) {
  Deno.test(`dial() asks no proxy ${name}`, async () => {
    const proxy = { host: "proxy.example", port: 1080 };

    const got = await dial({ host: place, port: 22 }, never, { resolve, proxy });

    assert.deepEqual(!got.ok && [got.code, got.message], ["NotPermitted", want]);
  });
}
