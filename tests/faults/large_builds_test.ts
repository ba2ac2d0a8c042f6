/**
 * Builds that ask for too much: each fails alone, says why and what to do, and holds up nobody (design D7).
 *
 * @module
 */
import assert from "node:assert/strict";
import { readinessOf } from "../../tools/demo/observe.ts";
import { openApp } from "../support/app.ts";
import { useTestCluster } from "../support/control_plane.ts";
import { type GitServer, startGitServer } from "../support/git_server.ts";
import { useToolkit } from "../support/toolkit.ts";

const cluster = useTestCluster();
const toolkit = useToolkit(cluster, {
  components: ["source", "kustomize"],
});
const LIMIT_MS = 240_000;
let git: GitServer;
Deno.test.beforeAll(async () => {
  git = await startGitServer();
});
Deno.test.afterAll(() => git?.stop());

interface Glutton {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  /** What `Ready` says. */
  readonly message: RegExp;
  /** It takes many times as long as a few usual builds. */
  readonly lasts: boolean;
  /** Of the Kustomization. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

const gluttons: readonly Glutton[] = [
  {
    name: "exhausts its heap",
    // A few bytes of text are a node of some two hundred, and none of these files is beyond any limit by itself.
    files: Object.fromEntries(
      ["a", "b", "c", "d", "e", "f", "g", "h"].map((name) => [`${name}.yaml`, manyNodes(name)]),
    ),
    message: /exceeds its limits: it needs more than \d+ MiB of memory; split it into several/,
    lasts: true,
  },
  {
    name: "would go on for hours",
    files: everyPatchForEach(3_000),
    spec: { timeout: "30s" },
    message: /exceeds its limits: (More than \d+ entries|Time is up) at .*; split it into several/,
    lasts: true,
  },
  {
    name: "would emit 16 GiB",
    files: doubledAndDoubled(14, 1 << 20),
    message: /exceeds its limits: More than \d+ bytes at .*; split it into several/,
    lasts: false,
  },
];

for (const { name, files, message, lasts, spec = {} } of gluttons) {
  Deno.test(`a build that ${name} fails alone`, async () => {
    await using usual = await openApp({ cluster, toolkit, git }, { files: usualFiles(0) });
    await using glutton = await openApp({ cluster, toolkit, git }, { files, spec, waits: false });
    // Its revision is there: from now on it is built, in the process that has to do with the usual ones, too.
    await toolkit.untilReady(glutton.source, { status: "True" }, LIMIT_MS);

    await usual.rollOut({ files: usualFiles(1) });
    await usual.rollOut({ files: usualFiles(2) });
    const meanwhile = readinessOf(await toolkit.read(glutton.applied));

    const failed = await toolkit.untilReady(
      glutton.applied,
      { status: "False", reason: "BuildFailed", message: "exceeds its limits" },
      LIMIT_MS,
    );
    if (lasts) assert.notEqual(meanwhile?.reason, "BuildFailed", "nobody waited for its end");
    assert.match(readinessOf(failed)?.message ?? "", message);
    await usual.rollOut({ files: usualFiles(3) });
  });
}

function usualFiles(turn: number): Record<string, string> {
  return { "a.yaml": configMap("usual", `data: {turn: "${turn}"}\n`) };
}

function configMap(name: string, rest: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n${rest}`;
}

/** Numbers in no order: an archive that shrinks to nothing is refused for that alone. */
function manyNodes(name: string): string {
  const numbers = Array.from({ length: 1_900_000 }, (_, index) => (index * 7_919) % 1_009);
  return configMap(name, `items: [${numbers.join(",")}]\n`);
}

/** As many patches as objects, each for all of them. */
function everyPatchForEach(count: number): Record<string, string> {
  const numbers = Array.from({ length: count }, (_, index) => index);
  const objects = numbers.map((index) => configMap(`m${index}`, "data: {a: b}\n"));
  const patches = numbers.map((index) =>
    `- target: {kind: ConfigMap}
  patch: '[{op: add, path: /data/k${index % 7}, value: "${index}"}]'
`
  );
  return {
    "all.yaml": objects.join("---\n"),
    "kustomization.yaml": `resources: [all.yaml]\npatches:\n${patches.join("")}`,
  };
}

/** An object of `size`, twice under other names, and all of that twice again. */
function doubledAndDoubled(levels: number, size: number): Record<string, string> {
  const files: Record<string, string> = {
    "l0/kustomization.yaml": "resources: [a.yaml]\n",
    "l0/a.yaml": configMap("a", `data: {a: "${"x".repeat(size)}"}\n`),
    "kustomization.yaml": `resources: [l${levels}]\n`,
  };
  for (let level = 1; level <= levels; level++) {
    files[`l${level}/kustomization.yaml`] = "resources: [a, b]\n";
    for (const half of ["a", "b"]) {
      files[`l${level}/${half}/kustomization.yaml`] = `namePrefix: ${half}-\nresources: [../../l${
        level - 1
      }]\n`;
    }
  }
  return files;
}
