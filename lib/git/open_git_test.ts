import assert from "node:assert/strict";
import { type Budget, defaultBudget, joinBytes } from "../base/mod.ts";
import { openHttp } from "../http/mod.ts";
import { commitObject, gitObjectId, packOf, treeObject } from "../testing/git_objects.ts";
import { openGit } from "./open_git.ts";
import { pktLine, pktLines } from "./pkt_line.ts";

const URL_OF_REPO = "https://git.example/app.git";
const BLOB = new TextEncoder().encode("x: 1\n");
const TREE = treeObject([["100644", "a.yaml", gitObjectId("blob", BLOB)]]);
const COMMIT = commitObject(gitObjectId("tree", TREE));
const ID = gitObjectId("commit", COMMIT);
const PACK = packOf([
  { type: 1, content: COMMIT },
  { type: 2, content: TREE },
  { type: 3, content: BLOB },
]);
const CAPABILITIES = joinBytes(
  pktLines(["# service=git-upload-pack\n"]),
  pktLines(["version 2\n", "agent=test\n", "ls-refs=unborn\n", "fetch=shallow\n"]),
);

interface Answers {
  info?: (request: Request) => Response;
  refs?: string[] | Uint8Array;
  fetch?: Uint8Array;
}

Deno.test("the client fetches a commit in three requests", async () => {
  const requests: Request[] = [];
  const git = openFake({}, requests);

  const ref = await git.listRef(URL_OF_REPO, { branch: "main" }, undefined, defaultBudget());
  assert.ok(ref.ok);
  const commit = await git.fetchTree(URL_OF_REPO, ref.value, undefined, defaultBudget());

  assert.ok(commit.ok, commit.ok ? "" : commit.message);
  assert.equal(commit.value.revision, `main@sha1:${ID}`);
  assert.deepEqual([...commit.value.tree.keys()], ["a.yaml"]);
  assert.deepEqual(requests.map(({ method }) => method), ["GET", "POST", "POST"]);
  assert.match(await requests[1]?.text() ?? "", /ref-prefix refs\/heads\/main\n/);
});

Deno.test("the client leaves names like __proto__ alone", async () => {
  const names = ["__proto__/corsProxy", "constructor/prototype/y", "toString"];
  const git = openFake({ refs: names.map((name) => `${ID} refs/heads/${name}\n`) });

  for (const name of names) {
    const got = await git.listRef(URL_OF_REPO, { branch: name }, undefined, defaultBudget());
    assert.equal(got.ok && got.value.ref, `refs/heads/${name}`);
  }
  const missing = await git.listRef(URL_OF_REPO, { branch: "valueOf" }, undefined, defaultBudget());

  assert.equal(!missing.ok && missing.code, "RefNotFound");
  assert.equal(Object.getOwnPropertyNames(Object.prototype).includes("corsProxy"), false);
});

const hostile: { name: string; answers: Answers; budget?: Partial<Budget>; code: string }[] = [
  {
    name: "an id that is none",
    answers: { refs: ["../../etc refs/heads/main\n"] },
    code: "InvalidData",
  },
  {
    name: "a list of refs without an end",
    answers: { refs: new TextEncoder().encode(pktLine(`${ID} refs/heads/main\n`)) },
    code: "InvalidData",
  },
  {
    name: "a ref with a name of 60 KiB",
    answers: { refs: [`${ID} refs/heads/${"x".repeat(60_000)}\n`] },
    code: "InvalidData",
  },
  {
    name: "more refs than the budget",
    answers: { refs: Array.from({ length: 200 }, (_, at) => `${ID} refs/heads/main${at}\n`) },
    budget: { entries: 100 },
    code: "TooLarge",
  },
  {
    name: "features without end",
    answers: { info: () => answer(pktLines(["version 2\n", ...Array(1000).fill("x\n")])) },
    code: "InvalidData",
  },
  {
    name: "an unknown object format",
    answers: { info: () => answer(pktLines(["version 2\n", "object-format=md5\n"])) },
    code: "InvalidData",
  },
  {
    name: "a web page",
    answers: {
      info: () => new Response("<html>", { headers: { "content-type": "text/html" } }),
    },
    code: "RepositoryNotFound",
  },
  {
    name: "an answer longer than the budget",
    answers: { info: () => answer(new Uint8Array(5_000_000)) },
    budget: { bytes: 1_000 },
    code: "TooLarge",
  },
  { name: "no pack", answers: { fetch: pktLines(["acknowledgments\n"]) }, code: "InvalidData" },
  {
    name: "an unknown side band",
    answers: { fetch: pktLines(["packfile\n", "\x04x"]) },
    code: "InvalidData",
  },
  {
    name: "an error on the side band",
    answers: { fetch: pktLines(["packfile\n", "\x03out of memory\n"]) },
    code: "InvalidData",
  },
  {
    name: "acknowledgements without end",
    answers: { fetch: pktLines(Array(20_000).fill("ACK x\n")) },
    code: "InvalidData",
  },
  {
    name: "a commit that it does not have",
    answers: { fetch: pktLines(["ERR upload-pack: not our ref 12\n"]) },
    code: "UnknownCommit",
  },
  {
    name: "a pack with another commit",
    answers: { fetch: sideBand(packOf([{ type: 3, content: BLOB }])) },
    code: "UnknownCommit",
  },
  {
    name: "a pack with half a commit",
    answers: { fetch: sideBand(packOf([{ type: 1, content: COMMIT }])) },
    code: "InvalidData",
  },
];

for (const { name, answers, budget, code } of hostile) {
  Deno.test(`the client refuses a server that sends ${name}`, async () => {
    const git = openFake(answers);
    const limits = { ...defaultBudget(), ...budget };

    const listed = await git.listRef(URL_OF_REPO, { branch: "main" }, undefined, limits);
    const ref = { commit: ID, ref: "refs/heads/main", revision: `main@sha1:${ID}` };
    const got = listed.ok ? await git.fetchTree(URL_OF_REPO, ref, undefined, limits) : listed;

    assert.equal(got.ok ? "ok" : got.code, code);
  });
}

Deno.test("the client follows a redirect, but its login stays behind", async () => {
  const requests: Request[] = [];
  const git = openFake({
    info: (request) =>
      request.url.startsWith("https://git.example/")
        ? new Response(null, {
          status: 302,
          headers: { location: request.url.replace("git.example", "evil.example") },
        })
        : answer(CAPABILITIES),
  }, requests);
  const login = { username: "me", password: "open-sesame" };

  const got = await git.listRef(URL_OF_REPO, { branch: "main" }, login, defaultBudget());

  assert.ok(got.ok);
  const seen = requests.map(({ url, headers }) =>
    `${new URL(url).host} ${headers.has("authorization")}`
  );
  assert.deepEqual(seen, ["git.example true", "evil.example false", "evil.example false"]);
});

Deno.test("the client does not follow a redirect from https to http", async () => {
  const git = openFake({
    info: (request) =>
      new Response(null, {
        status: 302,
        headers: { location: request.url.replace("https", "http") },
      }),
  });

  const got = await git.listRef(URL_OF_REPO, { branch: "main" }, undefined, defaultBudget());

  assert.equal(!got.ok && got.code, "InvalidUrl");
});

Deno.test("the client masks a password that a server repeats", async () => {
  const git = openFake({
    info: (request) =>
      new Response(`denied: ${request.headers.get("authorization")} open-sesame`, { status: 403 }),
  });
  const login = { username: "me", password: "open-sesame" };

  const got = await git.listRef(URL_OF_REPO, { branch: "main" }, login, defaultBudget());

  assert.equal(!got.ok && got.message, "authorization failed: denied: Basic ***** *****");
});

Deno.test("the client bounds what it repeats of a server's answer", async () => {
  const git = openFake({ info: () => new Response("x".repeat(1 << 20), { status: 401 }) });

  const got = await git.listRef(URL_OF_REPO, { branch: "main" }, undefined, defaultBudget());

  assert.equal(!got.ok && got.message.length, "authentication required: ".length + 1024);
});

const urls = [
  { url: "https://evil%0ahost=good/", code: "InvalidUrl" },
  { url: "https://host/a%0d%0ab", code: "InvalidUrl" },
  { url: "https://host/a\nb", code: "InvalidUrl" },
  { url: "file:///etc", code: "InvalidUrl" },
  { url: "ext::sh -c x", code: "InvalidUrl" },
  { url: "nonsense", code: "InvalidUrl" },
  { url: "ssh://git@host/app", code: "Unsupported" },
];

for (const { url, code } of urls) {
  Deno.test(`the client sends nothing to ${JSON.stringify(url)}`, async () => {
    const requests: Request[] = [];

    const got = await openFake({}, requests).listRef(url, {}, undefined, defaultBudget());

    assert.equal(!got.ok && got.code, code);
    assert.equal(requests.length, 0);
  });
}

Deno.test("the client hands tags to whoever picks one, and says when nobody does", async () => {
  const refs = [`${ID} refs/tags/1.0.0\n`, `${ID} refs/tags/1.2.0\n`];
  const spec = { semver: "1.x" };

  const without = await openFake({ refs }).listRef(URL_OF_REPO, spec, undefined, defaultBudget());
  const http = openHttp({ transport: fakeServer({ refs }, []) });
  const pickTags = (tags: readonly string[]) => ({ ok: true as const, value: tags.slice(-1) });
  const got = await openGit({ http, pickTags })
    .listRef(URL_OF_REPO, spec, undefined, defaultBudget());

  assert.equal(!without.ok && without.code, "Unsupported");
  assert.equal(got.ok && got.value.revision, `1.2.0@sha1:${ID}`);
});

function openFake(answers: Answers, requests: Request[] = []) {
  return openGit({ http: openHttp({ transport: fakeServer(answers, requests) }) });
}

function fakeServer(answers: Answers, requests: Request[]) {
  return async (request: Request): Promise<Response> => {
    requests.push(request.clone());
    if (request.method === "GET") return answers.info?.(request) ?? answer(CAPABILITIES);
    const command = await request.text();
    if (command.includes("command=fetch")) return answer(answers.fetch ?? sideBand(PACK));
    const refs = answers.refs ?? [`${ID} refs/heads/main\n`];
    return answer(refs instanceof Uint8Array ? refs : pktLines(refs));
  };
}

function answer(body: Uint8Array): Response {
  return new Response(new Uint8Array(body), {
    headers: { "content-type": "application/x-git-upload-pack-advertisement" },
  });
}

/** A pack as protocol 2 sends it; binary, so framed by hand. */
function sideBand(pack: Uint8Array): Uint8Array {
  const length = (pack.length + 5).toString(16).padStart(4, "0");
  return joinBytes(pktLine("packfile\n"), length, new Uint8Array([1]), pack, "0000");
}
