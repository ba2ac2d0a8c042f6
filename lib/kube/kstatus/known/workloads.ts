/**
 * What runs pods besides Kubernetes itself: OpenKruise, KEDA, Knative, KubeVirt, Karmada, serverless.
 *
 * @module
 */
import {
  all,
  any,
  byPhase,
  ELSE,
  has,
  is,
  isNot,
  kindsOf,
  message,
  oneOf,
  type Rules,
  some,
  STALE,
} from "./language.ts";

/** Of OpenKruise's own sets. */
const READY_SET =
  "status.updatedReadyReplicas == status.replicas && status.updatedAvailableReplicas == status.replicas";
const NOT_KNOWN =
  "!has(object.status) || !has(status.observedGeneration) || status.observedGeneration != metadata.generation";

/** Rules. */
export const WORKLOADS: readonly Rules[] = [
  {
    kinds: ["apps.kruise.io/CloneSet"],
    clauses: [
      ["Progressing", NOT_KNOWN],
      ["Suspended", "spec.updateStrategy.paused == true"],
      [
        "Suspended",
        "int(spec.updateStrategy.partition) != 0 && status.updatedReplicas >= status.expectedUpdatedReplicas",
      ],
      [
        "Suspended",
        "has(spec.updateStrategy.partition) && status.updatedReplicas >= status.expectedUpdatedReplicas && status.updatedReplicas < status.replicas",
      ],
      ["Healthy", "status.updatedAvailableReplicas == status.replicas"],
      ["Degraded", ELSE],
    ],
  },
  {
    kinds: ["apps.kruise.io/StatefulSet"],
    clauses: [
      ["Progressing", NOT_KNOWN],
      ["Suspended", "spec.updateStrategy.rollingUpdate.paused == true"],
      [
        "Suspended",
        "spec.updateStrategy.rollingUpdate.partition != 0 && status.updatedReplicas >= status.replicas - spec.updateStrategy.rollingUpdate.partition",
      ],
      ["Healthy", READY_SET],
      ["Degraded", ELSE],
    ],
  },
  {
    kinds: ["apps.kruise.io/DaemonSet"],
    clauses: [
      ["Progressing", any(NOT_KNOWN, "status.desiredNumberScheduled == 0")],
      ["Suspended", "spec.updateStrategy.rollingUpdate.paused == true"],
      [
        "Suspended",
        "spec.updateStrategy.rollingUpdate.partition != 0 && status.updatedNumberScheduled >= status.desiredNumberScheduled - spec.updateStrategy.rollingUpdate.partition",
      ],
      [
        "Healthy",
        "status.updatedNumberScheduled == status.desiredNumberScheduled && status.numberAvailable == status.desiredNumberScheduled",
      ],
      ["Degraded", ELSE],
    ],
  },
  {
    kinds: ["apps.kruise.io/AdvancedCronJob"],
    clauses: [
      ["Suspended", "spec.paused == true"],
      ["Progressing", "size(status.active) > 0"],
      ["Healthy", "has(status.lastScheduleTime) && status.lastScheduleTime != null"],
      ["Degraded", ELSE],
    ],
  },
  {
    kinds: ["apps.kruise.io/BroadcastJob"],
    clauses: [
      ["Healthy", "status.phase == 'completed'"],
      ["Suspended", "status.phase == 'paused'"],
      ["Degraded", "status.phase == 'failed'"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["rollouts.kruise.io/Rollout"],
    clauses: [
      ["Progressing", STALE],
      ["Healthy", "status.phase == 'Healthy'"],
      ["Degraded", oneOf("status.phase", "Disabled", "Terminating")],
      ["Suspended", "status.canaryStatus.currentStepState == 'StepPaused'"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["game.kruise.io/GameServer"],
    clauses: [
      [
        "Degraded",
        "status.podStatus.conditions.exists(c, c.type in ['Ready', 'KruisePodReady'] && c.status == 'False')",
      ],
      ["Healthy", "status.currentState == 'Ready' && status.desiredState == 'Ready'"],
      ["Progressing", "has(status.currentState)"],
      ["Unknown", ELSE],
    ],
  },
  {
    kinds: ["game.kruise.io/GameServerSet"],
    clauses: [
      ["Progressing", NOT_KNOWN],
      ["Suspended", "spec.updateStrategy.rollingUpdate.paused == true"],
      ["Suspended", "int(spec.updateStrategy.rollingUpdate.partition) > 0"],
      [
        "Healthy",
        "status.updatedReadyReplicas == status.replicas && status.readyReplicas == status.replicas",
      ],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["batch/CronJob"],
    clauses: [
      [
        "Healthy",
        any(
          "spec.suspend == true",
          "size(status.active) > 0",
          "!has(object.status) || !has(status.lastScheduleTime)",
        ),
      ],
      ["Degraded", "timestamp(status.lastSuccessfulTime) < timestamp(status.lastScheduleTime)"],
      ["Healthy", ELSE],
    ],
  },
  {
    kinds: ["policy/PodDisruptionBudget"],
    clauses: [
      ["Degraded", has("c.type == 'DisruptionAllowed' && c.reason == 'SyncFailed'")],
      ["Healthy", some("DisruptionAllowed")],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["keda.sh/ScaledObject", "keda.sh/ScaledJob"],
    clauses: [
      ["Suspended", is("Paused"), message("Paused")],
      ["Degraded", is("Fallback"), message("Fallback")],
      ["Healthy", is("Ready"), message("Ready")],
      ["Degraded", some("Ready"), message("Ready")],
      ["Progressing", ELSE, message("Running")],
    ],
  },
  {
    kinds: kindsOf("operator.knative.dev", "KnativeEventing KnativeServing"),
    clauses: [
      ["Healthy", is("Ready")],
      ["Progressing", has("c.type == 'Ready' && c.status in ['Unknown', 'False']")],
      ["Degraded", some("Ready")],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["serving.knative.dev/Service"],
    clauses: [["Healthy", is("Ready")], ["Degraded", isNot("Ready")], ["Progressing", ELSE]],
  },
  {
    kinds: ["serving.kserve.io/InferenceService"],
    clauses: [
      ["Suspended", is("Stopped")],
      ["Progressing", "status.modelStatus.transitionStatus == 'InProgress'"],
      [
        "Degraded",
        "has(status.modelStatus.transitionStatus) && status.modelStatus.transitionStatus != 'UpToDate'",
      ],
      ["Healthy", is("Ready")],
      ["Degraded", isNot("Ready")],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["kubevirt.io/VirtualMachine"],
    clauses: [
      ["Progressing", "!has(status.printableStatus)"],
      [
        "Suspended",
        any(is("Paused"), oneOf("status.printableStatus", "Stopped", "Paused")),
        "status.printableStatus",
      ],
      ["Healthy", is("Ready"), "status.printableStatus"],
      ["Degraded", is("Failure"), message("Failure")],
      ["Progressing", ELSE, "status.printableStatus"],
    ],
  },
  {
    kinds: ["kubevirt.io/VirtualMachineInstance"],
    clauses: [
      ["Suspended", is("Paused"), message("Paused")],
      ["Healthy", is("Ready"), "status.phase"],
      ["Suspended", "status.phase == 'Succeeded'", "status.phase"],
      ["Degraded", "status.phase == 'Failed'", "status.phase"],
      ["Progressing", ELSE, "status.phase"],
    ],
  },
  {
    kinds: ["cdi.kubevirt.io/DataVolume"],
    clauses: [
      ["Degraded", has("c.type == 'Running' && c.reason == 'Error'"), message("Running")],
      ...byPhase("status.phase", "Succeeded", "Failed,Unknown"),
    ],
  },
  {
    kinds: kindsOf("work.karmada.io", "ResourceBinding ClusterResourceBinding"),
    clauses: [
      ["Progressing", `!(${some("FullyApplied")})`],
      [
        "Degraded",
        "status.aggregatedStatus.exists(s, !has(s.applied) || s.applied == false || s.health == 'Unhealthy')",
      ],
      ["Healthy", "size(status.aggregatedStatus) > 0"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["camel.apache.org/Integration"],
    clauses: [
      [
        "Degraded",
        "status.phase == 'Error'",
        "status.conditions.filter(c, c.type == 'Ready' && c.status == 'False')[0].message",
      ],
      ["Degraded", all(some("Ready"), isNot("Ready")), message("Ready")],
      ["Healthy", all("status.phase == 'Running'", is("Ready"))],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["openfaas.com/Function"],
    clauses: [
      ["Degraded", is("Stalled"), message("Stalled")],
      ["Suspended", isNot("Healthy")],
      ["Healthy", is("Ready"), message("Ready")],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["core.spinkube.dev/SpinApp"],
    clauses: [
      [
        "Degraded",
        has("c.type == 'Progressing' && c.reason == 'ProgressDeadlineExceeded'"),
        message("Progressing"),
      ],
      ["Degraded", isNot("Available"), message("Available")],
      ["Progressing", is("Progressing"), message("Progressing")],
      ["Healthy", is("Available")],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["sparkoperator.k8s.io/SparkApplication"],
    clauses: [
      [
        "Degraded",
        oneOf("status.applicationState.state", "FAILED", "SUBMISSION_FAILED", "FAILING"),
        "status.applicationState.errorMessage",
      ],
      ["Healthy", oneOf("status.applicationState.state", "RUNNING", "COMPLETED", "SUCCEEDING")],
      ["Unknown", "status.applicationState.state == 'UNKNOWN'"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["flink.apache.org/FlinkDeployment"],
    clauses: [
      [
        "Degraded",
        "status.jobManagerDeploymentStatus == 'ERROR'",
        "status.reconciliationStatus.error",
      ],
      [
        "Healthy",
        "status.jobManagerDeploymentStatus == 'READY' || status.jobStatus.state == 'SUSPENDED'",
      ],
      ["Progressing", ELSE],
    ],
  },
];
