/**
 * `sluice kustomize build`: prints what a folder builds to.
 *
 * @module
 */
import { Command, Option } from "commander";
import {
  defaultBudget,
  fail,
  messageOf,
  ok,
  resolveCallerPath,
  type Result,
} from "../lib/base/mod.ts";
import { type Build, buildKustomization, type BuildOptions } from "../lib/kustomize/mod.ts";
import { openDisk } from "./disk_tree.ts";
import type { Printed } from "./large_build.ts";
import { printError, type Terminal } from "./terminal.ts";

/** Flags of the command, named as kustomize names them. */
export interface BuildFlags {
  /** Whether files must lie under the folder that names them. */
  readonly loadRestrictor: "LoadRestrictionsRootOnly" | "LoadRestrictionsNone";
  /** Order of the output; absent: `sortOptions`, else legacy. */
  readonly reorder?: "none" | "legacy";
  /** File to write to instead of standard output. */
  readonly output?: string;
  /** Adds the label `app.kubernetes.io/managed-by`. */
  readonly enableManagedbyLabel?: boolean;
  /** False with `--no-remote-bases`. */
  readonly remoteBases?: boolean;
}

/** The command; `finish` learns its exit code. */
export function kustomizeBuildCommand(terminal: Terminal, finish: (code: number) => void): Command {
  return new Command("build")
    .description("print the objects that a folder with a kustomization.yaml builds to")
    .argument("[dir]", "folder to build", ".")
    .addOption(
      new Option(
        "--load-restrictor <rule>",
        "whether files must lie in or below the folder that names them",
      )
        .choices(["LoadRestrictionsRootOnly", "LoadRestrictionsNone"])
        .default("LoadRestrictionsRootOnly"),
    )
    .addOption(
      new Option("--reorder <order>", "order of the output; default: sortOptions, else legacy")
        .choices(["none", "legacy"]),
    )
    .option("-o, --output <file>", "write to a file instead of standard output")
    .option("--enable-managedby-label", "add the label app.kubernetes.io/managed-by")
    .option("--no-remote-bases", "refuse bases and files from other hosts")
    .addHelpText("after", EXAMPLES)
    .action(async (dir: string, flags: BuildFlags) => {
      const built = await buildWithHosts(dir, flags, terminal);
      finish(built.ok ? printBuild(built.value, flags, terminal) : refuse(built.message, terminal));
    });
}

const EXAMPLES = `
Examples:
  deno task sluice kustomize build                      the folder you are in
  deno task sluice kustomize build overlays/prod        another one
  deno task sluice kustomize build overlays/prod -o prod.yaml
  deno task sluice kustomize build . --reorder none     as listed in resources`;

/** Most builds need no other host, and are spared the modules that would ask one: they take time to load. */
async function buildWithHosts(
  dir: string,
  flags: BuildFlags,
  terminal: Terminal,
): Promise<Result<Printed>> {
  let isAsked = false;
  const built = buildFolder(dir, flags, {
    budget: { ...defaultBudget(), ...USUAL },
    fetchRemote(address) {
      isAsked = true;
      return fail("RemoteNeeded", `"${address}" is not fetched yet`);
    },
  });
  if (!isAsked) {
    const large = isTooLarge(built) ? await buildLarge(dir, flags) : built;
    if (large !== undefined) return large;
  }
  const { fetchAndBuild, refuseRemote } = await import("./remote_bases.ts");
  if (flags.remoteBases === false) return buildFolder(dir, flags, { fetchRemote: refuseRemote });
  return await fetchAndBuild((fetchRemote) => buildFolder(dir, flags, { fetchRemote }), terminal);
}

/**
 * What is built without a thread: many times the largest repositories that we know of, and far from what exhausts the
 * heap. A thread takes a tenth of a second to start, which most builds are spared.
 */
const USUAL = { bytes: 96 << 20, resources: 30_000 };

function isTooLarge(built: Result<Build>): boolean {
  return !built.ok && built.code === "BudgetExceeded";
}

/** What needs other hosts is built here: its bases are in the memory of this thread. */
async function buildLarge(dir: string, flags: BuildFlags): Promise<Result<Printed> | undefined> {
  const { buildInThread } = await import("./large_build.ts");
  return await buildInThread(dir, flags);
}

/**
 * Builds a folder of the caller's disk; with a cache, what did not change since it was built before is not built, and
 * with `fetchRemote`, remote bases are what it hands over.
 */
export function buildFolder(
  dir: string,
  flags: BuildFlags,
  more: Partial<Pick<BuildOptions, "budget" | "cache" | "fetchRemote">> = {},
): Result<Build> {
  const caller = resolveCallerPath(".");
  const options: BuildOptions = {
    budget: defaultBudget(),
    loadRestrictions: flags.loadRestrictor === "LoadRestrictionsNone" ? "none" : "rootOnly",
    reorder: flags.reorder ?? "unspecified",
    addManagedByLabel: flags.enableManagedbyLabel ?? false,
    showPath: (path) => showFrom(caller, `/${path}`),
    ...more,
  };
  const folder = realFolder(resolveCallerPath(dir));
  if (!folder.ok) return folder;
  return buildKustomization(openDisk(), folder.value.slice(1), options);
}

/** The folder with all links followed, as kustomize takes it: what it may not leave is decided there. */
function realFolder(path: string): Result<string> {
  try {
    const real = Deno.realPathSync(path);
    if (Deno.statSync(real).isDirectory) return ok(real);
    return fail("NotFound", `"${path}" is a file; give the folder that holds the kustomization`);
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound) {
      return fail("NotFound", `There is no folder "${path}"`);
    }
    throw thrown;
  }
}

/** A path as the caller would type it. */
function showFrom(folder: string, path: string): string {
  if (path === folder) return ".";
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path;
}

function printBuild(build: Printed, flags: BuildFlags, terminal: Terminal): number {
  for (const warning of build.warnings) terminal.err(`Warning: ${warning}\n`);
  const text = build.toYaml();
  if (flags.output === undefined) {
    terminal.out(text);
    return 0;
  }
  try {
    Deno.writeTextFileSync(resolveCallerPath(flags.output), text);
    return 0;
  } catch (thrown) {
    return refuse(`Cannot write ${flags.output}: ${messageOf(thrown)}`, terminal);
  }
}

function refuse(message: string, terminal: Terminal): number {
  printError(message, terminal);
  return 1;
}
