/**
 * Argo's own kinds, its promoter, and Numaproj's.
 *
 * @module
 */
import {
  all,
  any,
  DELETED,
  ELSE,
  first,
  has,
  is,
  isNot,
  kindsOf,
  message,
  NO_STATUS,
  oneOf,
  reason,
  type Rules,
  some,
} from "./language.ts";

/** A Rollout notes a generation as text, older ones a hash of the spec. */
const UNSEEN = any(
  NO_STATUS,
  "has(status.observedGeneration) && status.observedGeneration.matches('^[0-9]{1,9}$') && int(status.observedGeneration) < metadata.generation",
  "has(spec.workloadRef) && has(status.workloadObservedGeneration) && status.workloadObservedGeneration != metadata.annotations['rollout.argoproj.io/workload-generation']",
);

/** The promoter's conditions carry the generation that they are about. */
const UNSEEN_CONDITION = has(
  "c.type == 'Ready' && has(c.observedGeneration) && c.observedGeneration != metadata.generation",
);
/** Some write the status as a bool. */
const READY = has("c.type == 'Ready' && string(c.status).lowerAscii() == 'true'");
const ENVIRONMENTS = "status.environments";

/** Rules. */
export const ARGO: readonly Rules[] = [
  {
    kinds: ["argoproj.io/Rollout", "spot.io/SpotDeployment"],
    clauses: [
      ["Progressing", UNSEEN],
      ["Degraded", is("InvalidSpec"), message("InvalidSpec")],
      ["Degraded", "status.phase == 'Degraded' && has(status.message)", "status.message"],
      [
        "Degraded",
        has(
          "c.type == 'Progressing' && c.reason in ['RolloutAborted', 'ProgressDeadlineExceeded']",
        ),
        message("Progressing"),
      ],
      ["Degraded", "status.phase == 'Degraded'"],
      ["Degraded", "status.abort == true"],
      ["Suspended", "status.phase == 'Paused' && has(status.message)", "status.message"],
      ["Suspended", "size(status.pauseConditions) > 0", message("Progressing")],
      [
        "Suspended",
        any("spec.paused == true", "has(status.pauseStartTime)"),
        message("Progressing"),
      ],
      ["Healthy", "status.phase == 'Healthy'", "status.message"],
      ["Progressing", "status.phase == 'Progressing'", "status.message"],
      [
        "Progressing",
        "object.?spec.?replicas.orValue(1) > object.?status.?updatedReplicas.orValue(0)",
      ],
      ["Progressing", "status.updatedReplicas > object.?status.?availableReplicas.orValue(0)"],
      [
        "Progressing",
        "has(spec.strategy.blueGreen) && object.?status.?blueGreen.?activeSelector.orValue(object.?status.?activeSelector.orValue('')) != status.currentPodHash",
      ],
      [
        "Progressing",
        "status.replicas > object.?status.?updatedReplicas.orValue(0) && !has(spec.strategy.blueGreen)",
      ],
      [
        "Progressing",
        "has(spec.strategy.canary) && has(status.canary.stableRS) && status.canary.stableRS != status.currentPodHash",
      ],
      ["Healthy", ELSE],
    ],
  },
  {
    kinds: ["argoproj.io/AnalysisRun", "argoproj.io/Experiment"],
    clauses: [
      ["Healthy", "status.phase == 'Successful'", "status.message"],
      ["Degraded", oneOf("status.phase", "Failed", "Error"), "status.message"],
      ["Unknown", "status.phase == 'Inconclusive'", "status.message"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["argoproj.io/ApplicationSet"],
    clauses: [
      ["Degraded", is("ErrorOccurred"), message("ErrorOccurred")],
      ["Degraded", isNot("ResourcesUpToDate"), message("ResourcesUpToDate")],
      ["Progressing", is("RolloutProgressing"), message("RolloutProgressing")],
      ["Healthy", is("ResourcesUpToDate"), message("ResourcesUpToDate")],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["argoproj.io/CronWorkflow"],
    clauses: [
      [
        "Degraded",
        any(is("SpecError"), is("SubmissionError")),
        first("c.type in ['SpecError', 'SubmissionError'] && c.status == 'True'", "message"),
      ],
      ["Healthy", is("Completed"), message("Completed")],
      ["Healthy", ELSE],
    ],
  },
  {
    kinds: kindsOf("argoproj.io", "EventBus EventSource Sensor"),
    clauses: [
      ["Degraded", has("c.status == 'False'"), first("c.status == 'False'", "message")],
      ["Healthy", is("Deployed"), message("Deployed")],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: kindsOf(
      "promoter.argoproj.io",
      "CommitStatus PullRequest ScmProvider ClusterScmProvider GitRepository",
    ),
    clauses: [
      ["Progressing", any(DELETED, NO_STATUS, UNSEEN_CONDITION)],
      ["Healthy", READY, message("Ready")],
      ["Degraded", isNot("Ready"), message("Ready")],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["promoter.argoproj.io/ArgoCDCommitStatus"],
    clauses: [
      ["Progressing", any(DELETED, NO_STATUS, UNSEEN_CONDITION)],
      ["Degraded", isNot("Ready"), message("Ready")],
      ["Degraded", all(READY, "size(object.?status.?applicationsSelected.orValue([])) == 0")],
      ["Healthy", READY, message("Ready")],
      ["Degraded", isNot("Ready"), message("Ready")],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: kindsOf(
      "promoter.argoproj.io",
      "GitCommitStatus TimedCommitStatus WebRequestCommitStatus",
    ),
    clauses: [
      ["Progressing", any(DELETED, NO_STATUS, UNSEEN_CONDITION)],
      ["Degraded", isNot("Ready"), message("Ready")],
      ["Progressing", `!(${READY})`],
      ["Degraded", `${ENVIRONMENTS}.exists(e, e.phase == 'failure')`],
      ["Progressing", `${ENVIRONMENTS}.exists(e, e.phase == 'pending')`],
      ["Healthy", ELSE],
    ],
  },
  {
    kinds: ["promoter.argoproj.io/ChangeTransferPolicy"],
    clauses: [
      ["Progressing", any(DELETED, NO_STATUS, UNSEEN_CONDITION)],
      ["Degraded", isNot("Ready"), message("Ready")],
      ["Progressing", `!(${READY})`],
      ["Progressing", "!has(status.active.dry.sha) || !has(status.proposed.dry.sha)"],
      ["Progressing", "status.active.dry.sha != status.proposed.dry.sha"],
      ["Healthy", "status.active.dry.sha == status.proposed.dry.sha"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["promoter.argoproj.io/PromotionStrategy"],
    clauses: [
      ["Progressing", any(DELETED, NO_STATUS, UNSEEN_CONDITION)],
      ["Degraded", isNot("Ready"), message("Ready")],
      ["Progressing", `!(${READY})`],
      ["Degraded", `size(${ENVIRONMENTS}) == 0`],
      [
        "Progressing",
        `${ENVIRONMENTS}.exists(e, !has(e.active.dry.sha) || !has(e.proposed.dry.sha))`,
      ],
      ["Progressing", `${ENVIRONMENTS}.exists(e, e.active.dry.sha != e.proposed.dry.sha)`],
      [
        "Progressing",
        `${ENVIRONMENTS}.exists(e, e.proposed.dry.sha != ${ENVIRONMENTS}[0].proposed.dry.sha)`,
      ],
      ["Healthy", `${ENVIRONMENTS}.all(e, has(e.active.dry.sha))`],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: kindsOf("numaflow.numaproj.io", "Pipeline MonoVertex InterStepBufferService Vertex"),
    clauses: [
      ["Progressing", any(NO_STATUS, "status.observedGeneration != metadata.generation")],
      [
        "Degraded",
        "metadata.labels['numaplane.numaproj.io/upgrade-state'] == 'trial' && metadata.labels['numaplane.numaproj.io/progressive-result-state'] == 'failed'",
      ],
      [
        "Degraded",
        "metadata.labels.exists(k, k.endsWith('progressive-result-state') && metadata.labels[k] == 'failed')",
      ],
      ["Healthy", oneOf("status.phase", "Paused", "Pausing")],
      ["Degraded", has("c.status == 'False'"), first("c.status == 'False'", "message")],
      ["Degraded", "status.phase == 'Failed'", "status.message"],
      ["Healthy", ELSE],
    ],
  },
  {
    kinds: kindsOf(
      "numaplane.numaproj.io",
      "ISBServiceRollout MonoVertexRollout NumaflowControllerRollout PipelineRollout",
    ),
    clauses: [
      ["Progressing", any(NO_STATUS, "status.observedGeneration != metadata.generation")],
      ["Degraded", "status.phase == 'Failed'", "status.message"],
      ["Degraded", isNot("ProgressiveUpgradeSucceeded")],
      [
        "Healthy",
        any(is("PipelinePausingOrPaused"), is("MonoVertexPausingOrPaused")),
        first("c.type.endsWith('PausingOrPaused')", "message"),
      ],
      [
        "Progressing",
        all(isNot("ChildResourcesHealthy"), `${reason("ChildResourcesHealthy")} == 'Progressing'`),
      ],
      ["Degraded", isNot("ChildResourcesHealthy"), message("ChildResourcesHealthy")],
      ["Progressing", "status.phase == 'Pending'"],
      ["Progressing", "has(status.upgradeInProgress) && status.upgradeInProgress != ''"],
      ["Healthy", all("status.phase == 'Deployed'", some("ChildResourcesHealthy"))],
      ["Progressing", ELSE],
    ],
  },
];
