/**
 * `deno task bench`: how fast, and at what cost.
 *
 * @module
 */
import { taskArguments } from "../../lib/base/mod.ts";
import { takeCallerFolder } from "../../tools/caller_folder.ts";
import { print, printError } from "../../tools/terminal.ts";
import type { BenchMain } from "./bench.ts";

const BENCHES: Readonly<Record<string, () => Promise<BenchMain>>> = {
  apply: async () => (await import("./apply.ts")).main,
  builds: async () => (await import("./builds.ts")).main,
  git: async () => (await import("./git.ts")).main,
  image: async () => (await import("./image.ts")).main,
  kustomize: async () => (await import("./kustomize.ts")).main,
  reconcile: async () => (await import("./reconcile.ts")).main,
  sha1: async () => (await import("./sha1.ts")).main,
};

const HELP = `Measures a part of the toolkit and prints a table.

Usage: deno task bench ${Object.keys(BENCHES).join("|")} [OPTION …]

deno task bench NAME --help lists the options.`;

async function main(args: readonly string[]): Promise<number> {
  takeCallerFolder();
  const [name = "", ...rest] = taskArguments(args);
  const load = BENCHES[name];
  if (load !== undefined) return await (await load())(rest);
  if (name === "--help") {
    print(HELP);
    return 0;
  }
  printError(`bench: "${name}" is none of ${Object.keys(BENCHES).join(", ")}`);
  return 2;
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);
