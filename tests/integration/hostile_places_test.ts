/**
 * Places where a source has no business: addresses, redirects, URLs and refs that are more than they seem.
 *
 * @module
 */
import assert from "node:assert/strict";
import { goodCommit, useHostileSource } from "../support/hostile.ts";
import { ScriptedGit } from "../support/scripted_git.ts";

const source = useHostileSource();

const places: {
  name: string;
  spec: () => Record<string, unknown>;
  reason?: string;
  message: string;
}[] = [
  {
    name: "an address of the machine's link",
    spec: () => ({ url: "http://169.254.169.254/latest/meta-data" }),
    message: "169.254.169.254 leads to a link-local address, which is not permitted",
  },
  {
    name: "the same address as one number",
    spec: () => ({ url: "http://2852039166/latest/meta-data" }),
    message: "169.254.169.254 leads to a link-local address, which is not permitted",
  },
  {
    name: "a metadata address of IPv6",
    spec: () => ({ url: "http://[fd00:ec2::254]/latest" }),
    message: "fd00:ec2::254 leads to a metadata address, which is not permitted",
  },
  {
    name: "an unspecified address",
    spec: () => ({ url: "http://0.0.0.0/app" }),
    message: "0.0.0.0 leads to an unspecified address, which is not permitted",
  },
  {
    name: "a server that redirects there",
    spec() {
      source.git.serve("away", {
        id: "",
        info: () =>
          new Response(null, { status: 302, headers: { location: "http://169.254.169.254/x" } }),
      });
      return { url: source.git.urlOf("away") };
    },
    message: "169.254.169.254 leads to a link-local address, which is not permitted",
  },
  {
    name: "a host that is hidden behind a line end",
    spec: () => ({ url: "https://evil%0ahost=good/app" }),
    message: "is not the URL of a git repository",
  },
  {
    name: "a path with a line end",
    spec: () => ({ url: `${source.git.urlOf("app")}%0d%0aHost:evil` }),
    message: "is not the URL of a git repository",
  },
  {
    name: "a ref that is a path",
    spec: () => ({ ref: { name: "refs/heads/../../x" } }),
    message: "cannot be the name of a git reference",
  },
  {
    name: "a branch that is a lock",
    spec: () => ({ ref: { branch: "a.lock" } }),
    message: "cannot be the name of a git reference",
  },
];

for (const { name, spec, message } of places) {
  Deno.test(`${name} is refused`, async () => {
    await source.checkRefusal(goodCommit(), { message, spec: spec() });
  });
}

Deno.test("a login stays at its origin when the server sends us elsewhere", async () => {
  await using other = new ScriptedGit();
  const good = goodCommit();
  other.serve("app", good);
  source.git.serve("moved", {
    id: "",
    info(request) {
      const location = request.url.replace(source.git.urlOf("moved"), other.urlOf("app"));
      return new Response(null, { status: 302, headers: { location } });
    },
  });
  const login = source.git.urlOf("moved").replace("://", "://me:open-sesame@");

  await source.checkTaken(good, [".", "a.yaml"], { url: login });

  const first = source.git.asked.filter(({ line }) => line.includes("/moved/"));
  assert.ok(first.length > 0 && first.every(({ authorization }) => authorization !== null));
  assert.ok(other.asked.length > 0);
  assert.deepEqual(other.asked.filter(({ authorization }) => authorization !== null), []);
});
