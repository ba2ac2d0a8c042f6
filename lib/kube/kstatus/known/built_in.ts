/**
 * Kinds that every cluster has.
 *
 * @module
 */
import { all, any, ELSE, has, is, message, not, oneOf, type Rules, STALE } from "./language.ts";

/** A container that waits for more than its turn. */
const IN_TROUBLE = all(
  "has(c.state.waiting)",
  "c.state.waiting.reason.matches('^Err|(Error|BackOff)$')",
);
const WAITING = `status.containerStatuses.exists(c, ${IN_TROUBLE})`;
const WAITING_TEXT = `status.containerStatuses.filter(c, ${IN_TROUBLE})[0].state.waiting.message`;

/** A controller wrote the conditions of an old autoscaler into an annotation. */
const OLD_SCALER = "metadata.annotations['autoscaling.alpha.kubernetes.io/conditions']";

/** Rules for kinds of Kubernetes itself. */
export const BUILT_IN: readonly Rules[] = [
  {
    kinds: ["apps/Deployment", "extensions/Deployment"],
    clauses: [
      ["Suspended", "spec.paused == true"],
      ["Progressing", STALE],
      [
        "Progressing",
        "has(metadata.generation) && !has(status.observedGeneration) && metadata.generation > 0",
      ],
      ["Degraded", has("c.type == 'Progressing' && c.reason == 'ProgressDeadlineExceeded'")],
      [
        "Progressing",
        "has(spec.replicas) && object.?status.?updatedReplicas.orValue(0) < spec.replicas",
      ],
      ["Progressing", "status.replicas > object.?status.?updatedReplicas.orValue(0)"],
      ["Progressing", "object.?status.?availableReplicas.orValue(0) < status.updatedReplicas"],
      ["Healthy", ELSE],
    ],
  },
  {
    kinds: ["apps/ReplicaSet", "extensions/ReplicaSet"],
    clauses: [
      ["Progressing", STALE],
      [
        "Degraded",
        has("c.type == 'ReplicaFailure' && c.status == 'True'"),
        message("ReplicaFailure"),
      ],
      [
        "Progressing",
        "has(spec.replicas) && object.?status.?availableReplicas.orValue(0) < spec.replicas",
      ],
      ["Healthy", ELSE],
    ],
  },
  {
    kinds: ["apps/StatefulSet"],
    clauses: [
      ["Progressing", STALE],
      ["Progressing", "!has(status.observedGeneration)"],
      [
        "Progressing",
        "has(spec.replicas) && object.?status.?readyReplicas.orValue(0) < spec.replicas",
      ],
      ["Healthy", "spec.updateStrategy.type == 'OnDelete'"],
      [
        "Progressing",
        "spec.updateStrategy.type == 'RollingUpdate' && spec.updateStrategy.rollingUpdate.partition > 0 && object.?status.?updatedReplicas.orValue(0) < spec.replicas - spec.updateStrategy.rollingUpdate.partition",
      ],
      ["Healthy", "spec.updateStrategy.rollingUpdate.partition > 0"],
      ["Progressing", "status.updateRevision != status.currentRevision"],
      ["Healthy", ELSE],
    ],
  },
  {
    kinds: ["apps/DaemonSet", "extensions/DaemonSet"],
    clauses: [
      ["Progressing", STALE],
      ["Healthy", "spec.updateStrategy.type == 'OnDelete'"],
      [
        "Progressing",
        "object.?status.?updatedNumberScheduled.orValue(0) < status.desiredNumberScheduled || object.?status.?numberAvailable.orValue(0) < status.desiredNumberScheduled",
      ],
      ["Healthy", ELSE],
    ],
  },
  {
    kinds: ["/Pod"],
    clauses: [
      ["Degraded", all("spec.restartPolicy == 'Always'", WAITING), WAITING_TEXT],
      ["Progressing", "status.phase == 'Pending'"],
      ["Healthy", "status.phase == 'Succeeded'"],
      ["Degraded", "status.phase == 'Failed' && has(status.message)", "status.message"],
      ["Degraded", "status.phase == 'Failed'"],
      [
        "Progressing",
        "status.phase == 'Running' && spec.restartPolicy in ['OnFailure', 'Never'] && (!('argocd.argoproj.io/ignore-restart-policy' in metadata.?annotations.orValue({})) || 'argocd.argoproj.io/hook' in metadata.annotations)",
      ],
      ["Degraded", all("status.phase == 'Running'", WAITING), WAITING_TEXT],
      ["Healthy", all("status.phase == 'Running'", is("Ready"))],
      [
        "Degraded",
        "status.phase == 'Running' && status.containerStatuses.exists(c, has(c.lastState.terminated))",
      ],
      ["Progressing", "status.phase == 'Running'"],
      ["Unknown", ELSE],
    ],
  },
  {
    kinds: ["/Service"],
    clauses: [
      [
        "Progressing",
        "spec.type == 'LoadBalancer' && (!has(status.loadBalancer.ingress) || size(status.loadBalancer.ingress) == 0)",
      ],
      ["Healthy", ELSE],
    ],
  },
  {
    kinds: ["networking.k8s.io/Ingress", "extensions/Ingress"],
    clauses: [["Healthy", "size(status.loadBalancer.ingress) > 0"], ["Progressing", ELSE]],
  },
  {
    kinds: ["/PersistentVolumeClaim"],
    clauses: [
      ["Degraded", "status.phase == 'Lost'"],
      ["Healthy", "status.phase == 'Bound'"],
      ["Progressing", "status.phase == 'Pending'"],
      ["Unknown", ELSE],
    ],
  },
  {
    kinds: ["batch/Job"],
    clauses: [
      ["Degraded", is("Failed"), message("Failed")],
      ["Suspended", is("Suspended"), message("Suspended")],
      ["Healthy", is("Complete"), message("Complete")],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["autoscaling/HorizontalPodAutoscaler"],
    clauses: [
      [
        "Degraded",
        has(
          "(c.type == 'AbleToScale' && c.status == 'False') || (c.type == 'ScalingActive' && c.status == 'False' && c.reason.startsWith('Failed'))",
        ),
        "status.conditions.filter(c, c.status == 'False')[0].message",
      ],
      ["Healthy", is("AbleToScale"), message("AbleToScale")],
      [
        "Degraded",
        `${OLD_SCALER}.matches('"reason":"(Failed|Invalid)')`,
      ],
      ["Healthy", `${OLD_SCALER}.matches('"type":"(AbleToScale|ScalingLimited)","status":"True"')`],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["apiregistration.k8s.io/APIService"],
    clauses: [["Healthy", is("Available")], ["Progressing", ELSE]],
  },
  {
    kinds: ["argoproj.io/Workflow"],
    clauses: [
      [
        "Progressing",
        any("!has(status.phase)", oneOf("status.phase", "", "Pending", "Running")),
        "status.message",
      ],
      ["Healthy", "status.phase == 'Succeeded'", "status.message"],
      ["Degraded", oneOf("status.phase", "Failed", "Error"), "status.message"],
      ["Progressing", not("has(object.status)")],
      ["Unknown", ELSE],
    ],
  },
];
