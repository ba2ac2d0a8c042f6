/**
 * The command line: `deno task sluice COMMAND`.
 *
 * @module
 */
import { Command, CommanderError } from "commander";
import { taskArguments } from "../lib/base/mod.ts";
import { installCommand } from "./install.ts";
import { kustomizeBuildCommand } from "./kustomize_build.ts";
import { migrateCommand } from "./migrate.ts";
import { processTerminal, type Terminal } from "./terminal.ts";
import { uninstallCommand } from "./uninstall.ts";

/** Columns of help texts, whatever the width of the terminal. */
const HELP_WIDTH = 80;

/** Runs the command that `args` name; the exit code. */
export async function main(
  args: readonly string[],
  terminal: Terminal = processTerminal(),
): Promise<number> {
  let code = 0;
  const program = new Command("sluice").description("a GitOps toolkit for Kubernetes");
  const kustomize = new Command("kustomize").description("work with kustomizations");
  kustomize.addCommand(kustomizeBuildCommand(terminal, (result) => code = result));
  program.addCommand(kustomize);
  program.addCommand(installCommand(terminal, (result) => code = result));
  program.addCommand(migrateCommand(terminal, (result) => code = result));
  program.addCommand(uninstallCommand(terminal, (result) => code = result));
  for (const command of [program, ...program.commands, ...kustomize.commands]) {
    prepare(command, terminal);
  }
  try {
    await program.parseAsync([...taskArguments(args)], { from: "user" });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode;
    throw thrown;
  }
}

/** Colours and widths would be asked of the environment; a command never ends the process. */
function prepare(command: Command, terminal: Terminal): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => terminal.out(text),
    writeErr: (text) => terminal.err(text),
    getOutHasColors: () => false,
    getErrHasColors: () => false,
    getOutHelpWidth: () => HELP_WIDTH,
    getErrHelpWidth: () => HELP_WIDTH,
  });
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);
