/**
 * Ends a tool when the command that started it is gone.
 *
 * `npx -y deno@2 task X` is a chain: npx, a shell, `deno task`, the tool. A signal to npx ends npx alone,
 * so the tool watches everything above it that belongs to the same command.
 *
 * @module
 */
import { captureText } from "./process.ts";

/** One process of the chain. */
export interface Ancestor {
  readonly pid: number;
  readonly parent: number;
  /** Tells a process from a later one with the same id. */
  readonly started: string;
  /** The command line, words separated by spaces. */
  readonly command: string;
}

/**
 * The ancestors that belong to this very command: what runs Deno by name, and the shell between npx and
 * it. The shell or program in which a person typed the command is none of ours.
 */
export function ownChain(ancestors: readonly Ancestor[]): Ancestor[] {
  const chain: Ancestor[] = [];
  for (const [index, ancestor] of ancestors.entries()) {
    const isOurs = runsDeno(ancestor) ||
      (isShellOfNpm(ancestor) && runsNpm(ancestors[index + 1]));
    if (!isOurs) break;
    chain.push(ancestor);
  }
  return chain;
}

function runsDeno(ancestor: Ancestor): boolean {
  const [program = "", ...words] = ancestor.command.split(" ");
  return isNamed(program, "deno") || runsNpm(ancestor) ||
    (isNamed(program, "node") && words.some((word) => isNamed(word, "deno")));
}

/** npm renames its process to what was typed: `npm exec deno@2 task X`. */
function runsNpm(ancestor: Ancestor | undefined): boolean {
  const words = ancestor?.command.split(" ").slice(0, 4) ?? [];
  return words.some((word) => isNamed(word, "npm") || isNamed(word, "npx")) &&
    (ancestor?.command.includes("deno") ?? false);
}

function isShellOfNpm(ancestor: Ancestor): boolean {
  const [program = "", flag = ""] = ancestor.command.split(" ");
  return /^(.*\/)?(sh|dash|bash|ash|zsh)$/.test(program) && flag === "-c" &&
    ancestor.command.includes("deno");
}

function isNamed(word: string, name: string): boolean {
  const file = word.slice(word.lastIndexOf("/") + 1);
  return file === name || file === `${name}-cli.js` || file === `${name}.cjs` ||
    file === `${name}.js`;
}

/**
 * Waits for the end of any of the processes `pid:start` (or of the tool itself, named first) and exits.
 * It runs in a shell because Deno reads /proc only with all permissions. A zombie counts as ended: its
 * parent may never ask for it.
 */
const WATCH = `on_linux() {
  read -r line <"/proc/$1/stat" 2>/dev/null || return 1
  set -- "$2" \${line##*)}
  [ "$2" != Z ] && [ "$2" != X ] && [ "\${21}" = "$1" ]
}
elsewhere() {
  line=$(ps -o stat= -o lstart= -p "$1" 2>/dev/null) || return 1
  set -- "$2" $line
  case "$2" in Z*) return 1 ;; esac
  [ "$3$4$5$6$7" = "$1" ]
}
if [ -r /proc/self/stat ]; then alive=on_linux; else alive=elsewhere; fi
while :; do
  for process; do
    "$alive" "\${process%%:*}" "\${process#*:}" || exit 0
  done
  sleep 0.3
done`;

/** Prints pid, parent, start and command of a process and all above it. */
const CLIMB = `pid=$1
while [ "$pid" -gt 1 ]; do
  if [ -r "/proc/$pid/stat" ]; then
    read -r line <"/proc/$pid/stat" || exit 0
    command=$(tr '\\000\\n' '  ' <"/proc/$pid/cmdline")
    set -- \${line##*)}
    parent=$2 started=\${20}
  else
    line=$(ps -o ppid= -o lstart= -p "$pid") || exit 0
    command=$(ps -o command= -p "$pid")
    set -- $line
    parent=$1 started=$2$3$4$5$6
  fi
  printf '%s\\t%s\\t%s\\t%s\\n' "$pid" "$parent" "$started" "$command"
  pid=$parent
done`;

/** The tool itself and its ancestors, nearest first. */
export async function readAncestors(pid: number = Deno.pid): Promise<Ancestor[]> {
  const printed = await captureText(["sh", "-c", CLIMB, "climb", String(pid)]);
  if (!printed.ok) return [];
  return printed.value.split("\n").filter((line) => line !== "").map((line) => {
    const [id, parent, started = "", command = ""] = line.split("\t");
    return { pid: Number(id), parent: Number(parent), started, command };
  });
}

const SIGNAL_CODES: ReadonlyMap<Deno.Signal, number> = new Map([
  ["SIGHUP", 129],
  ["SIGINT", 130],
  ["SIGTERM", 143],
]);
/** A stop that hangs must not keep the tool alive: what it started dies with it anyway. */
const STOP_LIMIT_MS = 2_000;

/** How to watch. */
export interface LifelineOptions {
  /** Ctrl-C belongs to the program that we run in the foreground of the same terminal. */
  ignoreInterrupt?: boolean;
  /** How long `stop` may take; 2 s when absent. A second signal ends it at once. */
  stopLimitMs?: number;
}

/**
 * Calls `stop` and exits when a signal asks for it (128 + its number) or the command that started us is
 * gone. Returns how to end the watch.
 */
export async function stopWithAncestors(
  stop: () => Promise<void>,
  options: LifelineOptions = {},
): Promise<() => void> {
  let ending = false;
  async function end(code: number): Promise<void> {
    if (ending) return;
    ending = true;
    setTimeout(() => Deno.exit(code), options.stopLimitMs ?? STOP_LIMIT_MS);
    await stop();
    Deno.exit(code);
  }
  const handlers = Array.from(SIGNAL_CODES, ([signal, code]) => {
    const ignored = signal === "SIGINT" && options.ignoreInterrupt === true;
    const handle = () => {
      if (ignored) return;
      if (ending && options.stopLimitMs !== undefined) Deno.exit(code);
      void end(code);
    };
    Deno.addSignalListener(signal, handle);
    return { signal, handle };
  });
  const [self, ...ancestors] = await readAncestors();
  const watched = self === undefined ? [] : [self, ...ownChain(ancestors)];
  const unwatch = watch(watched, () => end(143));
  return () => {
    for (const { signal, handle } of handlers) Deno.removeSignalListener(signal, handle);
    unwatch();
  };
}

function watch(processes: readonly Ancestor[], onEnd: () => void): () => void {
  if (processes.length === 0) return () => {};
  const names = processes.map(({ pid, started }) => `${pid}:${started}`);
  const child = new Deno.Command("sh", {
    args: ["-c", WATCH, "watch", ...names],
    stdin: "null",
    stdout: "null",
    stderr: "null",
    // Ctrl-C in a terminal is for the tool, which then ends this too.
    detached: true,
  }).spawn();
  child.unref();
  let over = false;
  child.status.then(() => {
    if (!over) onEnd();
    over = true;
  });
  return () => {
    if (!over) child.kill("SIGKILL");
    over = true;
  };
}
