/**
 * Plants mistakes of one line into a copy of our engine and looks how soon the fuzzer finds each.
 *
 * `deno run -RWE --allow-run --allow-sys --allow-net tools/fuzz/plant.ts [SECONDS]`; it is no part of the gate.
 *
 * @module
 */
import { capture } from "../process.ts";
import { print } from "../terminal.ts";
import { buildOurs } from "./compare.ts";

/** One mistake. */
interface Plant {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const ENGINE = "lib/kustomize";
const SEED = 77;

const PLANTS: readonly Plant[] = [
  { file: "transform/names.ts", from: "(name) => name + suffix", to: "(name) => suffix + name" },
  {
    file: "generate/sources.ts",
    from: "/^[\"']/.test(value)",
    to: "/^[']/.test(value)",
  },
  { file: "transform/replacements.ts", from: "parts.unshift(part)", to: "parts.push(part)" },
  {
    file: "merge/strategic_merge.ts",
    from: 'const isLast = options.newItems === "last"',
    to: 'const isLast = options.newItems !== "last"',
  },
  { file: "transform/images.ts", from: "image.tag + tagSuffix", to: "tagSuffix + image.tag" },
  {
    file: "generate/config_map.ts",
    from: "[...global?.labels ?? [], ...local?.labels ?? []]",
    to: "[...local?.labels ?? [], ...global?.labels ?? []]",
  },
  { file: "hash.ts", from: '"data" || name === "type"', to: '"data" || name === "kind"' },
  {
    file: "transform/namespace.ts",
    from: '=== "default"',
    to: '!== "default"',
  },
  {
    file: "accumulator.ts",
    from: "...metadataMap(old.node, field),",
    to: "",
  },
  {
    file: "transform/vars.ts",
    from: "groupVersionOf(objref)",
    to: 'splitApiVersion(objref.apiVersion ?? "")',
  },
];

async function main(args: readonly string[]): Promise<number> {
  const seconds = args[0] ?? "300";
  const copy = await Deno.makeTempDir({ prefix: "sluice-plant-" });
  const here = new URL("../../", import.meta.url).pathname;
  let found = 0;
  try {
    for (const name of ["lib", "tools", "deno.json", "deno.lock"]) {
      const copied = await capture(["cp", "-r", `${here}${name}`, copy]);
      if (!copied.ok) throw new Error(copied.message);
    }
    for (const plant of PLANTS) if (await isFound(plant, copy, seconds)) found++;
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
  print(`${found} of ${PLANTS.length} planted mistakes found`);
  return found === PLANTS.length ? 0 : 1;
}

async function isFound(plant: Plant, copy: string, seconds: string): Promise<boolean> {
  const path = `${copy}/${ENGINE}/${plant.file}`;
  const text = await Deno.readTextFile(path);
  if (!text.includes(plant.from)) throw new Error(`${plant.file} has no ${plant.from}`);
  await Deno.writeTextFile(path, text.replace(plant.from, plant.to));
  const began = performance.now();
  const run = await capture([
    Deno.execPath(),
    "run",
    "--no-check",
    ...["net", "read", "write", "env", "run", "sys"].map((name) => `--allow-${name}`),
    "tools/fuzz.ts",
    "kustomize",
    `--seconds=${seconds}`,
    `--seed=${SEED}`,
  ], { cwd: copy, env: { XDG_CACHE_HOME: Deno.env.get("XDG_CACHE_HOME") ?? "" } });
  await Deno.writeTextFile(path, text);
  const folder = run.ok ? /^DIFFERENCE, kept in (.*)$/m.exec(run.value.stdout)?.[1] : undefined;
  const isFound = folder !== undefined && await isOfPlant(folder);
  const verdict = isFound ? "found " : folder === undefined ? "MISSED" : "OTHER ";
  const after = ((performance.now() - began) / 1_000).toFixed(0);
  print(`${verdict} after ${after} s  ${plant.file}: ${plant.from} → ${plant.to}`);
  return isFound;
}

/** True when the engine without the mistake has no such difference. */
async function isOfPlant(folder: string): Promise<boolean> {
  const files = await readFiles(`${folder}/input`);
  const ours = buildOurs(files);
  const want = await readOptional(`${folder}/want.yaml`);
  return want === undefined ? ours.kind === "refused" : ours.kind === "built" && ours.text === want;
}

async function readFiles(folder: string, prefix = ""): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) Object.assign(files, await readFiles(path, `${prefix}${name}/`));
    else files[prefix + name] = await Deno.readTextFile(path);
  }
  return files;
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound) return undefined;
    throw thrown;
  }
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);
