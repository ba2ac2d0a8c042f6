import assert from "node:assert/strict";
import { ALL_KINDS } from "../crds/mod.ts";
import { defaultBudget, type FileEntry, type FileTree, isRecord, treeOf } from "../lib/base/mod.ts";
import { buildKustomization } from "../lib/kustomize/mod.ts";
import { FLAGS, parseFlagFile } from "../lib/runtime/mod.ts";
import { parseDocuments, toPlain } from "../lib/yaml/mod.ts";
import { parseGaps } from "./conformance/gaps.ts";
import { readTree } from "./demo/read_tree.ts";
import { readPages } from "./read_pages.ts";

const PROJECT = new URL("..", import.meta.url);
/** Where the deploy/ of this very checkout stands in examples. */
const REMOTE = /https:\/\/github\.com\/you\/sluice\/\/(deploy\/[^?\s]+)\?ref=v[\d.]+/g;

for (const page of await pagesWithYaml()) {
  Deno.test(`every YAML block of ${page.path} is what its reader takes`, async () => {
    for (const block of page.blocks) {
      for (const document of documentsOf(block)) await check(document, block);
    }
  });
}

/** The areas of each line in which the README says how many rows differ; a new area needs a line there. */
const AREAS: Readonly<Record<string, readonly string[]>> = {
  "kustomize builds": ["kustomize"],
  "strategic merge": ["kustomize-merge"],
  "readiness (kstatus)": ["kstatus"],
  "health of well-known kinds": ["argo_health"],
  "substitution (envsubst)": ["envsubst"],
  "ignore rules": ["sourceignore"],
  "semver ranges, image policies": ["semver", "image_policy"],
  "image updates in git, Flux v1": ["setters", "commit_message", "flux1"],
  "server-side apply": ["ssa"],
  "git logins, revisions, hosts": ["git_url_oci"],
  "what Flux's controllers did": ["golden"],
};

Deno.test("the README's table of rows says as many differ as the lists of gaps do", async () => {
  const text = await Deno.readTextFile(new URL("README.md", PROJECT));

  const rows = [...text.matchAll(/^\| ([^|]+?) +\| +\d+ +\| (\d+) +\|$/gm)];
  const said = Object.fromEntries(rows.map(([, area = "", differ]) => [area, Number(differ)]));

  const listed: Record<string, number> = {};
  for (const [line, areas] of Object.entries(AREAS)) {
    const counts = await Promise.all(areas.map(countGaps));
    listed[line] = counts.reduce((sum, count) => sum + count, 0);
  }
  assert.deepEqual(said, listed);
});

/** Kinds whose page in docs/spec says everything: more are to come. */
const DESCRIBED = ALL_KINDS.filter(({ kind }) =>
  ["ImagePolicy", "ImageRepository", "Kustomization"].includes(kind)
);

for (const { kind, singular, spec, status, conditions, reasons } of DESCRIBED) {
  Deno.test(`docs/spec/${singular}.md names every field, condition and reason of ${kind}`, async () => {
    const text = await Deno.readTextFile(new URL(`docs/spec/${singular}.md`, PROJECT));
    const said = new Set(text.match(/[A-Za-z]+/g));

    const names = [spec, status].flatMap(fieldsOf);
    const wanted = new Set([...names, ...Object.keys(conditions), ...Object.keys(reasons)]);

    assert.deepEqual([...wanted].filter((name) => !said.has(name)), []);
  });
}

Deno.test("the table of faults has each row once, and names tests that are there", async () => {
  const text = await Deno.readTextFile(new URL("tests/faults/README.md", PROJECT));
  const rows = [...text.matchAll(/^\| +(\d+) +\|(.*)\|$/gm)].map(([, row, rest = ""]) => {
    const [, needs = "", tests = "", missing = ""] = rest.split("|").map((cell) => cell.trim());
    return { row: Number(row), needs, missing, paths: [...tests.matchAll(/`([^`]+)`/g)] };
  });

  assert.deepEqual(rows.map(({ row }) => row), Array.from({ length: 67 }, (_, at) => at + 1));
  for (const { row, needs, missing, paths } of rows) {
    const isTold = needs === "" || paths.length > 0 || missing !== "";
    assert.ok(isTold, `row ${row} names no test and not why`);
    for (const [, path = ""] of paths) {
      const full = path.includes("/") ? path : `tests/faults/${path}`;
      assert.ok((await Deno.stat(new URL(full, PROJECT))).isFile, full);
    }
  }
});

interface YamlPage {
  readonly path: string;
  readonly blocks: readonly string[];
}

async function pagesWithYaml(): Promise<YamlPage[]> {
  const pages = (await readPages()).map(({ path, text }): YamlPage => {
    const blocks = [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)];
    return { path, blocks: blocks.map(([, yaml = ""]) => yaml) };
  });
  return pages.filter(({ blocks }) => blocks.length > 0);
}

/** Names of all fields below a schema. */
function fieldsOf(schema: unknown): string[] {
  if (!isRecord(schema)) return [];
  const { properties, items } = schema;
  const own = isRecord(properties) ? Object.entries(properties) : [];
  return [...fieldsOf(items), ...own.flatMap(([name, field]) => [name, ...fieldsOf(field)])];
}

function documentsOf(yaml: string): unknown[] {
  const parsed = parseDocuments(yaml);
  assert.ok(parsed.ok, parsed.ok ? "" : parsed.message);
  return parsed.value.map(({ node }) => toPlain(node));
}

/** Who reads a block is told by what it is: an object of ours, a kustomization.yaml, a file of flags. */
async function check(document: unknown, text: string): Promise<void> {
  assert.ok(isRecord(document));
  if (document.apiVersion === undefined) return checkFlags(text);
  if (document.apiVersion === "kustomize.config.k8s.io/v1beta1") return await checkBuild(text);
  const known = ALL_KINDS.find(({ kind }) => kind === document.kind);
  const decoded = known?.decode(document);
  assert.ok(decoded?.ok, decoded?.ok === false ? decoded.message : `no kind ${document.kind}`);
  assert.deepEqual(unknownFields(document.spec, known?.spec, "spec"), []);
}

function checkFlags(text: string): void {
  const parsed = parseFlagFile(FLAGS, "the block", text);
  assert.ok(parsed.ok, parsed.ok ? "" : parsed.message);
}

async function checkBuild(text: string): Promise<void> {
  const deploy = await readTree(new URL("deploy", PROJECT).pathname);
  const local = text.replaceAll(REMOTE, "../$1");
  const tree: FileTree = new Map<string, FileEntry>([
    ...[...deploy].map(([path, entry]): [string, FileEntry] => [`deploy/${path}`, entry]),
    ...treeOf({ "own/kustomization.yaml": local }),
  ]);

  const built = buildKustomization(tree, "own", { budget: defaultBudget() });

  assert.ok(built.ok, built.ok ? "" : built.message);
}

/** Decoding keeps fields that it does not know; an example must not have any, however deep. */
function unknownFields(value: unknown, schema: unknown, path: string): string[] {
  if (!isRecord(schema)) return [];
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => unknownFields(item, schema.items, `${path}[${index}]`));
  }
  const { properties } = schema;
  if (!isRecord(value) || !isRecord(properties)) return [];
  return Object.entries(value).flatMap(([name, field]) =>
    Object.hasOwn(properties, name)
      ? unknownFields(field, properties[name], `${path}.${name}`)
      : [`${path}.${name}`]
  );
}

async function countGaps(area: string): Promise<number> {
  const file = new URL(`tests/conformance/gaps/${area}.txt`, PROJECT);
  try {
    const gaps = parseGaps(await Deno.readTextFile(file), area);
    assert.ok(gaps.ok, gaps.ok ? "" : gaps.message);
    return gaps.value.size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
