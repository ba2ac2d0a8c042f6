/**
 * A person's own command, run with their terminal, that still cannot outlive us.
 *
 * @module
 */
import { captureText } from "./process.ts";
import { fail, messageOf, ok, type Result } from "../lib/base/mod.ts";

/**
 * Standard input is the person's, so the pipe we hold is a named one. On a terminal the command stays in
 * our process group, or it could not read the keyboard; elsewhere it gets a group that is killed whole.
 */
const SCRIPT = `exec 3<"$1"
if [ "$2" = group ]; then target=0; else target=$$; fi
shift 2
(read -r over <&3 || kill -KILL "$target") </dev/null >/dev/null 2>&1 &
exec "$@" 3<&-`;

/** Where to run a command. */
export interface ForegroundOptions {
  /** Folder. */
  cwd: string;
  /** Where a named pipe may be made. */
  dataFolder: string;
  /** Set on top of our environment. */
  env: Record<string, string>;
}

/** A running command. */
export interface Foreground {
  /** Its exit code; 128 + n after signal n. */
  readonly ended: Promise<number>;
  /** Asks it to end, and makes it when it does not. */
  stop(): Promise<void>;
}

const PATIENCE_MS = 1_000;

/** Starts `command` with our terminal. */
export async function runForeground(
  command: readonly string[],
  options: ForegroundOptions,
): Promise<Result<Foreground>> {
  const { dataFolder, ...place } = options;
  const pipe = `${dataFolder}/lifeline`;
  const made = await captureText(["mkfifo", pipe]);
  if (!made.ok) return made;
  // Open for both, so that opening does not wait for the reader.
  const lifeline = await Deno.open(pipe, { read: true, write: true });
  const grouped = !Deno.stdin.isTerminal();
  let child: Deno.ChildProcess;
  try {
    const mode = grouped ? "group" : "process";
    child = new Deno.Command("sh", {
      args: ["-c", SCRIPT, command[0] ?? "", pipe, mode, ...command],
      ...place,
      detached: grouped,
    }).spawn();
  } catch (error) {
    lifeline.close();
    await Deno.remove(pipe);
    return fail("CannotRun", `Cannot run ${command[0]}: ${messageOf(error)}`, error);
  }
  let running = true;
  const ended = child.status.then(async ({ code }) => {
    running = false;
    // The id may be somebody else's from now on; a group's cannot, while the watcher is in it.
    if (!grouped) await lifeline.write(new TextEncoder().encode("over\n"));
    lifeline.close();
    await Deno.remove(pipe);
    return code;
  });
  return ok({
    ended,
    stop: async () => {
      if (running) await stop(child, ended, grouped);
    },
  });
}

async function stop(
  child: Deno.ChildProcess,
  ended: Promise<number>,
  grouped: boolean,
): Promise<void> {
  const send = (signal: Deno.Signal) => {
    try {
      Deno.kill(grouped ? -child.pid : child.pid, signal);
    } catch {
      // It ended meanwhile.
    }
  };
  send("SIGTERM");
  const timer = setTimeout(() => send("SIGKILL"), PATIENCE_MS);
  await ended;
  clearTimeout(timer);
}
