/**
 * `deno task bundle FOLDER`: the command line in two files that need nothing but Deno, itself and its thread.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { resolveCallerPath, taskArguments } from "../lib/base/mod.ts";
import { captureText } from "./process.ts";
import { print, printError } from "./terminal.ts";

const HELP =
  `Bundles the sluice command: cli.js, and build_worker.js for its threads, which stay beside each other.

Usage: deno task bundle FOLDER

  deno run --allow-read --allow-env --allow-net FOLDER/cli.js kustomize build overlays/prod`;

const PROJECT = fileURLToPath(new URL("..", import.meta.url));
/** Packages that would like native code do without where there is none. */
const NO_NATIVE = "--external=*.node";
const FILES = [
  { from: "cli/main.ts", to: "cli.js" },
  { from: "cli/build_worker.ts", to: "build_worker.js" },
];

async function main(args: readonly string[]): Promise<number> {
  const [folder, ...more] = taskArguments(args);
  if (folder === "--help") {
    print(HELP);
    return 0;
  }
  if (folder === undefined || more.length > 0) {
    printError("bundle: name one folder; see deno task bundle --help");
    return 2;
  }
  const target = resolveCallerPath(folder);
  for (const { from, to } of FILES) {
    const output = `${target}/${to}`;
    const command = [Deno.execPath(), "bundle", "--quiet", NO_NATIVE, "--output", output, from];
    const bundled = await captureText(command, { cwd: PROJECT });
    if (!bundled.ok) {
      printError(`bundle: ${bundled.message}`);
      return 1;
    }
    print(output);
  }
  return 0;
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);
