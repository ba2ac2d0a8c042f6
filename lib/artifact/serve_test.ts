import assert from "node:assert/strict";
import { FakeClock } from "../testing/fake_clock.ts";
import { memoryDisk } from "../testing/memory_disk.ts";
import { answerFileRequest, serveArtifacts } from "./serve.ts";

const FILE = "gitrepository/apps/web/ab.tar.gz";
const MODIFIED = "Thu, 01 Jan 2026 00:00:00 GMT";

interface Case {
  name: string;
  path?: string;
  method?: string;
  headers?: Record<string, string>;
  status: number;
  want?: Record<string, string | null>;
  body?: string;
}

// What the golden scenario git-branch saw, and what a stranger may try.
const cases: readonly Case[] = [
  {
    name: "gives a file",
    status: 200,
    want: {
      "content-type": "application/gzip",
      "accept-ranges": "bytes",
      "content-length": "10",
      "last-modified": MODIFIED,
      etag: null,
    },
    body: "0123456789",
  },
  {
    name: "answers HEAD without a body",
    method: "HEAD",
    status: 200,
    want: { "accept-ranges": "bytes" },
    body: "",
  },
  { name: "reads POST like GET", method: "POST", status: 200, body: "0123456789" },
  {
    name: "gives the start of a file",
    headers: { range: "bytes=0-3" },
    status: 206,
    want: { "content-range": "bytes 0-3/10", "content-length": "4" },
    body: "0123",
  },
  { name: "gives the rest of a file", headers: { range: "bytes=7-" }, status: 206, body: "789" },
  { name: "gives the end of a file", headers: { range: "bytes=-2" }, status: 206, body: "89" },
  { name: "cuts a range at the end", headers: { range: "bytes=8-100" }, status: 206, body: "89" },
  {
    name: "refuses a range behind the end",
    headers: { range: "bytes=10-" },
    status: 416,
    want: { "content-range": "bytes */10" },
  },
  {
    name: "gives all for a range it cannot read",
    headers: { range: "lines=1-2" },
    status: 200,
    body: "0123456789",
  },
  {
    name: "gives all when the range is of another version",
    headers: { range: "bytes=0-3", "if-range": "Wed, 31 Dec 2025 00:00:00 GMT" },
    status: 200,
    body: "0123456789",
  },
  {
    name: "says when nothing changed",
    headers: { "if-modified-since": MODIFIED },
    status: 304,
    body: "",
  },
  {
    name: "says what is missing",
    path: "gitrepository/apps/web/nope.tar.gz",
    status: 404,
    want: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
    body: "404 page not found\n",
  },
  {
    name: "sends a folder to its slash",
    path: "gitrepository/apps/web",
    status: 301,
    want: { location: "web/" },
    body: "",
  },
  {
    name: "sends a file away from a slash",
    path: `${FILE}/`,
    status: 301,
    want: { location: "../ab.tar.gz" },
  },
  {
    name: "lists a folder, but not what is half written",
    path: "gitrepository/apps/web/",
    status: 200,
    want: { "content-type": "text/html; charset=utf-8" },
    body: '<!doctype html>\n<pre>\n<a href="ab.tar.gz">ab.tar.gz</a>\n</pre>\n',
  },
  { name: "lists the root", path: "", status: 200 },
  { name: "hides what is half written", path: "gitrepository/apps/web/.x.tmp", status: 404 },
  { name: "hides links", path: "gitrepository/apps/web/latest.tar.gz", status: 404 },
  { name: "does not climb out", path: "gitrepository/%2e%2e/%2e%2e/etc/passwd", status: 404 },
  { name: "does not climb out by an escaped slash", path: "..%2f..%2fetc%2fpasswd", status: 404 },
  { name: "does not climb out by a backslash", path: "..%5c..%5cetc", status: 404 },
  { name: "does not cut at a zero byte", path: `${FILE}%00.txt`, status: 404 },
  { name: "does not read a broken escape", path: "%zz", status: 404 },
];

for (const { name, path, method, headers, status, want, body } of cases) {
  Deno.test(`answerFileRequest() ${name}`, async () => {
    const request = new Request(`http://source/${path ?? FILE}`, {
      method: method ?? "GET",
      headers: headers ?? {},
    });

    const got = await answerFileRequest(filledDisk(), request);

    assert.equal(got.status, status);
    for (const [key, value] of Object.entries(want ?? {})) {
      assert.equal(got.headers.get(key), value);
    }
    const text = await got.text();
    if (body !== undefined) assert.equal(text, body);
  });
}

Deno.test("serveArtifacts() refuses an address that is none", () => {
  const got = serveArtifacts(filledDisk(), "nonsense");

  assert.equal(!got.ok && got.code, "InvalidAddress");
});

function filledDisk() {
  const disk = memoryDisk(new FakeClock());
  const modifiedMs = Date.parse(MODIFIED);
  disk.files.set(FILE, { bytes: new TextEncoder().encode("0123456789"), modifiedMs });
  disk.files.set("gitrepository/apps/web/.x.tmp", { bytes: new Uint8Array(3), modifiedMs });
  disk.links.add("gitrepository/apps/web/latest.tar.gz");
  return disk;
}
