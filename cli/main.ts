/**
 * The command line: `deno task sluice COMMAND`.
 *
 * @module
 */
import { Command, CommanderError } from "commander";
import { taskArguments } from "../lib/base/mod.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

type MakeCommand = (terminal: Terminal, finish: (code: number) => void) => Command;

/** Each command in a module that is read when the command is named: most of the time of a small build is start. */
const COMMANDS: Readonly<Record<string, () => Promise<MakeCommand>>> = {
  kustomize: async () => {
    const { kustomizeBuildCommand } = await import("./kustomize_build.ts");
    return (terminal, finish) =>
      new Command("kustomize").description("work with kustomizations")
        .addCommand(kustomizeBuildCommand(terminal, finish));
  },
  drift: async () => (await import("./drift.ts")).driftCommand,
  install: async () => (await import("./install.ts")).installCommand,
  migrate: async () => (await import("./migrate.ts")).migrateCommand,
  reconcile: async () => (await import("./reconcile.ts")).reconcileCommand,
  uninstall: async () => (await import("./uninstall.ts")).uninstallCommand,
};

/** Columns of help texts, whatever the width of the terminal. */
const HELP_WIDTH = 80;

/** Runs the command that `args` name; the exit code. */
export async function main(
  args: readonly string[],
  terminal: Terminal = processTerminal(),
): Promise<number> {
  let code = 0;
  const program = new Command("sluice").description("a GitOps toolkit for Kubernetes");
  const words = taskArguments(args);
  for (const load of commandsFor(words[0] ?? "")) {
    program.addCommand((await load())(terminal, (result) => code = result));
  }
  for (const command of [program, ...program.commands, ...subcommands(program)]) {
    prepare(command, terminal);
  }
  try {
    await program.parseAsync([...words], { from: "user" });
    return code;
  } catch (thrown) {
    // As every other task: 1 is what could not be done, 2 what was not understood.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
    throw thrown;
  }
}

/** The named command alone; all of them for help, and for a name that needs to be put right. */
function commandsFor(name: string): readonly (() => Promise<MakeCommand>)[] {
  const named = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  return named === undefined ? Object.values(COMMANDS) : [named];
}

function subcommands(program: Command): readonly Command[] {
  return program.commands.flatMap(({ commands }) => commands);
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
