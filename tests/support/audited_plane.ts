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

/** See the module's description. */
export interface AuditedPlane extends AsyncDisposable {
  readonly plane: ControlPlane;
  /** As administrator. */
  readonly cluster: Cluster;
  /** A kubeconfig that allows everything and whose requests are those of `user` in the log. */
  kubeconfigOf(user: string): string;
  /** All that was written so far. */
  readSteps(): Promise<Step[]>;
}

/** Who is tested: may do everything, and takes a place in the queue, as `system:masters` do not. */
export const TESTED_GROUP = "sluice:tested";
const TESTED_BINDING = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRoleBinding",
  metadata: { name: "sluice-tested" },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
  subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: TESTED_GROUP }],
};

/** Starts one with our kinds; without nodes unless `bare` is false. */
export async function openAuditedPlane(
  options: Omit<ControlPlaneOptions, "audit"> = {},
): Promise<AuditedPlane> {
  const started = await startControlPlane({ bare: true, ...options, audit: "bodies" });
  if (!started.ok) throw new Error(started.message);
  const plane = started.value;
  const installed = await installCustomResources(plane.kubectl);
  const opened = await openCluster({ kubeconfig: plane.adminKubeconfig, clock: systemClock });
  const bound = opened.ok
    ? await opened.value.apply(TESTED_BINDING, { fieldManager: "test" })
    : opened;
  if (!installed.ok || !opened.ok || !bound.ok) {
    await plane.stop();
    throw new Error([installed, opened, bound].flatMap((end) => end.ok ? [] : end.message).join());
  }
  return {
    plane,
    cluster: opened.value,
    kubeconfigOf: (user) =>
      plane.adminKubeconfig.replace(
        /^( *)token: .*$/m,
        (line, indent) => `${line}\n${indent}as: ${user}\n${indent}as-groups: ["${TESTED_GROUP}"]`,
      ),
    readSteps: async () => replaySteps(await Deno.readTextFile(plane.auditLogPath ?? "")),
    async [Symbol.asyncDispose]() {
      await opened.value[Symbol.asyncDispose]();
      await plane.stop();
    },
  };
}
