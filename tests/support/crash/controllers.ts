/**
 * Controllers of the test build, as a process that tells what it writes and is killed in the end.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { startControllers } from "../../../tools/demo/start_controllers.ts";
import { freePort } from "../../../tools/free_port.ts";
import { GROUP_LABEL } from "./scenario.ts";
import { type Plan, PLAN_VARIABLE, readReport } from "./plan.ts";

const TEST_BUILD = fileURLToPath(new URL("test_build.ts", import.meta.url));

/** See the module's description. */
export interface DoomedControllers {
  /** What was written in a namespace so far, in order. */
  writesOf(namespace: string): readonly string[];
  /** Resolves once something that is called so was written in a namespace. */
  untilWritten(namespace: string, start: string): Promise<void>;
  /** Resolves once the run of a namespace stands still where the plan says. */
  untilHeld(namespace: string): Promise<"held">;
  /** Resolves with the last lines when the process ends by itself. */
  readonly broken: Promise<string>;
  /** SIGKILL, in the middle of everything. */
  kill(): Promise<void>;
}

/** Starts them on a folder that earlier ones may have left, for the namespaces of some groups. */
export async function startDoomed(
  place: {
    readonly folder: string;
    readonly kubeconfigPath: string;
    /** Which controllers. */
    readonly components: readonly string[];
  },
  groups: readonly string[],
  plan: Plan,
): Promise<DoomedControllers> {
  const writes = new Map<string, string[]>();
  const listeners = new Set<() => void>();
  const held = new Map<string, PromiseWithResolvers<"held">>();
  function heldOf(namespace: string): PromiseWithResolvers<"held"> {
    const waiting = held.get(namespace) ?? Promise.withResolvers<"held">();
    held.set(namespace, waiting);
    return waiting;
  }
  function take(line: string): void {
    const report = readReport(line);
    if (report?.probe === "held") heldOf(report.namespace).resolve("held");
    if (report?.probe !== "write") return;
    const known = writes.get(report.namespace);
    if (known === undefined) writes.set(report.namespace, [report.write]);
    else known.push(report.write);
    for (const listener of listeners) listener();
  }
  const process = await startControllers({
    ...place,
    logPath: `${place.folder}/controllers.log`,
    flags: [
      `--only=${place.components.join(",")}`,
      `--watch-label-selector=${GROUP_LABEL} in (${groups.join(",")})`,
      // Nobody else answers there once they are dead and their address is still on record.
      `--storage-addr=127.0.0.1:${freePort()}`,
      // Runs that stand still hold their workers.
      "--concurrent=100",
      "--requeue-dependency=1s",
    ],
    env: { [PLAN_VARIABLE]: JSON.stringify(plan) },
    preload: TEST_BUILD,
    onLine: take,
  });
  return {
    writesOf: (namespace) => writes.get(namespace) ?? [],
    untilWritten(namespace, start) {
      const written = Promise.withResolvers<void>();
      function look(): void {
        if (writes.get(namespace)?.some((write) => write.startsWith(start))) written.resolve();
      }
      listeners.add(look);
      look();
      return written.promise.finally(() => listeners.delete(look));
    },
    untilHeld: (namespace) => heldOf(namespace).promise,
    broken: process.ended.then(() => process.lastLines.join("\n")),
    kill: () => process.kill(),
  };
}
