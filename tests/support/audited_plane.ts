/**
 * A control plane of a test's own whose audit log keeps every write, with what was written.
 *
 * @module
 */
import { systemClock } from "../../lib/base/mod.ts";
import { type Cluster, openCluster } from "../../lib/kube/mod.ts";
import { installCustomResources } from "../../tools/controlplane/custom_resources.ts";
import {
  type ControlPlane,
  type ControlPlaneOptions,
  startControlPlane,
} from "../../tools/controlplane/start.ts";
import { replaySteps, type Step } from "./history/steps.ts";
import { lookUntil } from "./look_until.ts";

/** See the module's description. */
export interface AuditedPlane extends AsyncDisposable {
  readonly plane: ControlPlane;
  /** As administrator. */
  readonly cluster: Cluster;
  /**
   * A kubeconfig whose requests are those of `user` in the log; who is of no other group may do everything, and waits
   * for no seat.
   */
  kubeconfigOf(user: string, group?: string): string;
  /** All that was written so far. */
  readSteps(): Promise<Step[]>;
}

/** Starts one with our kinds; without nodes unless `bare` is false. */
export async function openAuditedPlane(
  options: Omit<ControlPlaneOptions, "audit"> = {},
): Promise<AuditedPlane> {
  const started = await startControlPlane({ bare: true, ...options, audit: "bodies" });
  if (!started.ok) throw new Error(started.message);
  const plane = started.value;
  const installed = await installCustomResources(plane.kubectl);
  const opened = await openCluster({ kubeconfig: plane.adminKubeconfig, clock: systemClock });
  if (!installed.ok || !opened.ok) {
    await plane.stop();
    throw new Error(installed.ok ? "the kubeconfig cannot be used" : installed.message);
  }
  return {
    plane,
    cluster: opened.value,
    kubeconfigOf: (user, group = "system:masters") =>
      plane.adminKubeconfig.replace(
        /^( *)token: .*$/m,
        (line, indent) => `${line}\n${indent}as: ${user}\n${indent}as-groups: ["${group}"]`,
      ),
    readSteps: async () => replaySteps(await readWholeLines(plane.auditLogPath ?? "")),
    async [Symbol.asyncDispose]() {
      await opened.value[Symbol.asyncDispose]();
      await plane.stop();
    },
  };
}

/** The server may be in the middle of a line: that of a request whose answer is here already. */
async function readWholeLines(path: string): Promise<string> {
  const isWhole = (text: string) => text === "" || text.endsWith("\n");
  return await lookUntil(() => Deno.readTextFile(path), isWhole, { againMs: 5 });
}
