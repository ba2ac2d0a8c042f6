/**
 * `deno task gen`: writes what is made from the schemas; `--check` only names the files that differ.
 *
 * @module
 */
import { apiDocuments } from "./gen/api_documents.ts";
import { definitionFiles } from "./gen/definition_files.ts";
import { allInOneBase, definitionBase, splitBase } from "./gen/deploy_files.ts";
import { flagDocument } from "./gen/flag_document.ts";
import { inflateModule, sha1Kernel } from "./gen/module_files.ts";

/** Folders that hold generated files only, and who makes their files. */
const GENERATORS: Readonly<Record<string, () => ReadonlyMap<string, string>>> = {
  "crds/yaml": definitionFiles,
  "docs/api": apiDocuments,
  "deploy/generated/all-in-one": allInOneBase,
  "deploy/generated/definitions": definitionBase,
  "deploy/generated/split": splitBase,
};

/** Generated files beside others. */
const DOCUMENTS: Readonly<Record<string, () => string>> = {
  "docs/flags.md": flagDocument,
  "lib/git/inflate_bytes.ts": inflateModule,
  "lib/sha1/kernel_bytes.ts": sha1Kernel,
};

const ROOT = new URL("../", import.meta.url);

/** Runs as a program; the answer is the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const unknown = args.find((arg) => arg !== "--check");
  if (unknown !== undefined) {
    report(`Unknown argument ${unknown}; there is only --check`);
    return 2;
  }
  const isCheck = args.includes("--check");
  const differing: string[] = [];
  for (const [folder, generate] of Object.entries(GENERATORS)) {
    differing.push(...await bringUpToDate(folder, generate(), !isCheck));
  }
  for (const [path, generate] of Object.entries(DOCUMENTS)) {
    if (await isUpToDate(path, generate(), !isCheck)) continue;
    differing.push(path);
  }
  for (const path of differing) report(isCheck ? `${path} differs: run deno task gen` : path);
  return isCheck && differing.length > 0 ? 1 : 0;
}

/** Paths whose content is not `files`' own; with `write` they are after the call. */
async function bringUpToDate(
  folder: string,
  files: ReadonlyMap<string, string>,
  write: boolean,
): Promise<string[]> {
  const differing: string[] = [];
  if (write) await Deno.mkdir(new URL(folder, ROOT), { recursive: true });
  for (const [name, text] of files) {
    const path = `${folder}/${name}`;
    if (!await isUpToDate(path, text, write)) differing.push(path);
  }
  for (const name of await listNames(folder)) {
    if (files.has(name)) continue;
    differing.push(`${folder}/${name}`);
    if (write) await Deno.remove(new URL(`${folder}/${name}`, ROOT));
  }
  return differing;
}

/** Whether the file at `path` was `text`; with `write` it is after the call. */
async function isUpToDate(path: string, text: string, write: boolean): Promise<boolean> {
  if (await readText(path) === text) return true;
  if (write) await Deno.writeTextFile(new URL(path, ROOT), text);
  return false;
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(new URL(path, ROOT));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function listNames(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(new URL(folder, ROOT))) names.push(entry.name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names.sort();
}

function report(line: string): void {
  // deno-lint-ignore no-console -- a program that prints
  console.log(line);
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);
