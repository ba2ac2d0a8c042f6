import assert from "node:assert/strict";
import { defaultBudget, fail, ok, type Result, treeOf } from "../base/mod.ts";
import type { RemoteTree } from "../kustomize/mod.ts";
import { buildManifests, type Manifests } from "./build.ts";
import {
  attemptBuild,
  buildWithRemotes,
  isCurrent,
  refuseRemote,
  type RemoteAttempt,
  type Remotes,
  type RemoteSession,
} from "./remote_builds.ts";

function configMap(name: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;
}

/** Serves folders by address; notes each round of fetches. */
function openSession(remotes: Record<string, Record<string, string>>) {
  const rounds: string[][] = [];
  const has = (address: string) => remotes[address] !== undefined;
  const session: RemoteSession = {
    find: (addresses) =>
      Promise.resolve(
        new Map(
          [...addresses].map((address) => [
            address,
            has(address) ? ok(`rev of ${address}`) : fail("Unreachable", `no ${address}`),
          ]),
        ),
      ),
    fetch(addresses) {
      const all = [...addresses];
      if (all.length > 0) rounds.push(all);
      const fetched = all.map((address): [string, Result<RemoteTree>] => {
        const files = remotes[address];
        return [
          address,
          files ? ok({ tree: treeOf(files), path: "" }) : fail("Unreachable", `no ${address}`),
        ];
      });
      return Promise.resolve(new Map(fetched));
    },
  };
  return { rounds, session };
}

/** The build of a folder, as a controller does it. */
function builder(files: Record<string, string>): (remotes: Remotes) => RemoteAttempt<Manifests> {
  const tree = treeOf(files);
  return (remotes) =>
    attemptBuild(
      remotes,
      (fetchRemote) => buildManifests(tree, {}, { budget: defaultBudget(), fetchRemote }),
    );
}

Deno.test("buildWithRemotes() fetches what is needed at once in one round, each once", async () => {
  const { rounds, session } = openSession({
    "github.com/o/a": {
      "kustomization.yaml": "resources: [cm.yaml, github.com/o/c]\n",
      "cm.yaml": configMap("a"),
    },
    "github.com/o/b": { "kustomization.yaml": "resources: [github.com/o/c]\nnamePrefix: b-\n" },
    "github.com/o/c": { "kustomization.yaml": "resources: [cm.yaml]\n", "cm.yaml": configMap("c") },
  });

  const built = await buildWithRemotes(
    session,
    builder({ "kustomization.yaml": "resources: [github.com/o/a, github.com/o/b]\n" }),
  );

  assert.ok(built.ok, built.ok ? "" : built.message);
  assert.deepEqual(built.value.value.objects.map(({ metadata }) => metadata.name), [
    "a",
    "c",
    "b-c",
  ]);
  assert.deepEqual(rounds, [["github.com/o/a", "github.com/o/b"], ["github.com/o/c"]]);
  assert.deepEqual([...built.value.revisions], [
    ["github.com/o/a", "rev of github.com/o/a"],
    ["github.com/o/b", "rev of github.com/o/b"],
    ["github.com/o/c", "rev of github.com/o/c"],
  ]);
});

Deno.test("buildWithRemotes() builds once when it is told what is likely needed", async () => {
  const { session } = openSession({
    "github.com/o/a": { "kustomization.yaml": "resources: [cm.yaml]\n", "cm.yaml": configMap("a") },
  });
  let builds = 0;
  const build = builder({ "kustomization.yaml": "resources: [github.com/o/a]\n" });

  await buildWithRemotes(session, (remotes) => {
    builds++;
    return build(remotes);
  }, ["github.com/o/a"]);

  assert.equal(builds, 1);
});

Deno.test("buildWithRemotes() tells every remote that cannot be had, and what else is wrong", async () => {
  const { session } = openSession({});

  const built = await buildWithRemotes(
    session,
    builder({
      "kustomization.yaml": "resources:\n- github.com/o/a\n- missing.yaml\n- github.com/o/b\n",
    }),
  );

  assert.ok(!built.ok);
  assert.equal(built.code, "BuildFailed");
  assert.deepEqual(
    built.message.split("\n").map((line) => line.slice(0, 62)),
    [
      "kustomize build failed: kustomization.yaml:2: no github.com/o/a",
      'kustomization.yaml:3: "missing.yaml" is neither a file nor a f',
      "kustomization.yaml:4: no github.com/o/b",
    ].map((line) => line.slice(0, 62)),
  );
});

Deno.test("buildWithRemotes() ends where remotes lead on and on", async () => {
  const { session } = openSession({});
  let rounds = 0;

  const built = await buildWithRemotes(session, () => ({
    result: fail("RemoteNeeded", "more"),
    needed: [`github.com/o/r${rounds++}`],
  }));

  assert.match(built.ok ? "" : built.message, /lead on to others more than 20 times/);
  assert.equal(rounds, 20);
});

Deno.test("isCurrent() compares where addresses lead", async () => {
  const { session } = openSession({ "github.com/o/a": {} });

  assert.equal(await isCurrent(session, new Map()), true);
  assert.equal(
    await isCurrent(session, new Map([["github.com/o/a", "rev of github.com/o/a"]])),
    true,
  );
  assert.equal(await isCurrent(session, new Map([["github.com/o/a", "older"]])), false);
  assert.equal(await isCurrent(session, new Map([["github.com/o/gone", "any"]])), false);
});

Deno.test("refuseRemote() names the flag, and no password", () => {
  const refused = refuseRemote("https://me:secret@host/o/r");

  assert.match(
    refused.ok ? "" : refused.message,
    /\*@host\/o\/r" is refused by --no-remote-bases; /,
  );
  assert.doesNotMatch(refused.ok ? "" : refused.message, /secret/);
});
