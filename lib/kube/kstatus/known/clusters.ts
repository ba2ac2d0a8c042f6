/**
 * Clusters, machines and what clouds give: Cluster API, Crossplane, Karpenter, OpenShift, open-cluster-management.
 *
 * @module
 */
import {
  all,
  any,
  byCondition,
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
  STALE,
} from "./language.ts";

/** Crossplane's managed resources: what was last tried, then what is. */
const SYNCED: Rules["clauses"] = [
  ["Suspended", has("c.type == 'Synced' && c.reason == 'ReconcilePaused'"), reason("Synced")],
  ["Degraded", isNot("Synced"), message("Synced")],
  ["Degraded", isNot("LastAsyncOperation"), message("LastAsyncOperation")],
];
/** Kinds of Crossplane that only hold settings and never get a status. */
const NO_STATUS_AT_ALL =
  "kind.endsWith('ProviderConfig') || kind in ['Composition', 'CompositionRevision', 'DeploymentRuntimeConfig', 'ControllerConfig', 'ProviderConfigUsage', 'StoreConfig', 'ClusterProviderConfig']";
const COMPLIANT_PAST =
  "has(status.lastEvaluatedGeneration) && status.lastEvaluatedGeneration != metadata.generation";

/** Rules. */
export const CLUSTERS: readonly Rules[] = [
  {
    kinds: ["*.crossplane.io/*", "*.upbound.io/*"],
    clauses: [
      ["Healthy", all(NO_STATUS, NO_STATUS_AT_ALL)],
      ...SYNCED,
      [
        "Degraded",
        has("c.type in ['Healthy', 'RevisionHealthy'] && c.status == 'False'"),
        first("c.status == 'False'", "message"),
      ],
      [
        "Healthy",
        has(
          "c.type in ['Ready', 'Healthy', 'Offered', 'Established', 'ValidPipeline', 'RevisionHealthy'] && c.status == 'True'",
        ),
      ],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: [
      ...kindsOf("iam.aws.crossplane.io", "Policy Role RolePolicyAttachment"),
      "s3.aws.crossplane.io/Bucket",
      ...kindsOf("rds.aws.crossplane.io", "DBCluster DBInstance"),
      "cloudfront.aws.crossplane.io/Distribution",
      "route53.aws.crossplane.io/ResourceRecordSet",
    ],
    clauses: [...SYNCED, ["Healthy", is("Ready"), reason("Ready")], ["Progressing", ELSE]],
  },
  {
    kinds: kindsOf("pkg.crossplane.io", "Provider Configuration Function"),
    clauses: [
      ["Degraded", any(isNot("Installed"), isNot("Healthy")), message("Healthy")],
      ["Healthy", all(is("Installed"), is("Healthy"))],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["stacks.crossplane.io/ClusterStackInstall"],
    clauses: [
      [
        "Healthy",
        "status.conditionedStatus.conditions.exists(c, c.type == 'Ready' && c.status == 'True')",
        "status.conditionedStatus.conditions.filter(c, c.type == 'Ready')[0].reason",
      ],
      [
        "Progressing",
        ELSE,
        "status.conditionedStatus.conditions.filter(c, c.type == 'Ready')[0].reason",
      ],
    ],
  },
  {
    kinds: ["*.cnrm.cloud.google.com/*", "core.cnrm.cloud.google.com/*"],
    clauses: [
      ["Progressing", STALE],
      ["Healthy", "status.healthy == true"],
      ["Degraded", "status.healthy == false"],
      ["Healthy", is("Ready"), message("Ready")],
      [
        "Degraded",
        has(
          "c.type == 'Ready' && c.status == 'False' && c.reason in ['ManagementConflict', 'UpdateFailed', 'DeleteFailed', 'DependencyInvalid', 'DependencyNotFound']",
        ),
        message("Ready"),
      ],
      ["Suspended", has("c.type == 'Ready' && c.reason == 'DependencyNotReady'"), message("Ready")],
      ["Progressing", ELSE, message("Ready")],
    ],
  },
  {
    kinds: ["*.services.k8s.aws/*"],
    clauses: [
      ["Degraded", is("ACK.Terminal"), message("ACK.Terminal")],
      ["Progressing", is("ACK.Recoverable"), message("ACK.Recoverable")],
      ["Healthy", any(is("Ready"), is("ACK.ResourceSynced"))],
      ["Progressing", some("Ready"), message("Ready")],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["addons.cluster.x-k8s.io/ClusterResourceSet"],
    clauses: byCondition("ResourcesApplied"),
  },
  {
    kinds: ["cluster.x-k8s.io/Cluster"],
    clauses: [
      ["Suspended", "spec.paused == true"],
      [
        "Degraded",
        has("c.type == 'Ready' && c.status == 'False' && has(c.severity) && c.severity == 'Error'"),
        message("Ready"),
      ],
      ["Degraded", "status.phase == 'Failed'", message("Ready")],
      [
        "Healthy",
        all(
          is("Ready"),
          is("ControlPlaneReady"),
          is("InfrastructureReady"),
          "status.phase == 'Provisioned'",
        ),
      ],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["cluster.x-k8s.io/Machine"],
    clauses: [
      ["Degraded", "status.phase == 'Failed'", message("Ready")],
      ["Healthy", all("status.phase == 'Running'", is("Ready"))],
      ["Progressing", ELSE, message("Ready")],
    ],
  },
  {
    kinds: ["cluster.x-k8s.io/MachineDeployment"],
    clauses: [
      ["Suspended", "spec.paused == true"],
      ["Healthy", "status.phase == 'Running'"],
      ["Degraded", "status.phase == 'Failed'"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["cluster.x-k8s.io/MachineHealthCheck"],
    clauses: [
      ["Healthy", "status.currentHealthy >= status.expectedMachines"],
      ["Degraded", "status.currentHealthy < status.expectedMachines"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["cluster.x-k8s.io/MachinePool"],
    clauses: [
      ["Degraded", "status.phase == 'Failed'"],
      [
        "Healthy",
        any(all(is("Ready"), is("InfrastructureReady")), oneOf("status.phase", "Running")),
      ],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["controlplane.cluster.x-k8s.io/AWSManagedControlPlane"],
    clauses: [
      ["Degraded", "status.failureMessage != '' && status.ready != true", "status.failureMessage"],
      ["Progressing", STALE],
      [
        "Degraded",
        has("has(c.severity) && c.severity == 'Error' && c.status == 'False' && c.type == 'Ready'"),
      ],
      ["Progressing", "status.ready == false"],
      ["Progressing", any(is("EKSControlPlaneUpdating"), isNot("Ready"))],
      ["Healthy", all("status.ready == true", is("Ready"))],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["karpenter.sh/NodeClaim"],
    clauses: [
      ["Suspended", is("Disrupting"), message("Disrupting")],
      ["Healthy", is("Ready")],
      ["Degraded", isNot("Ready"), message("Ready")],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: kindsOf("policy.open-cluster-management.io", "CertificatePolicy ConfigurationPolicy"),
    clauses: [
      ["Progressing", any("!has(object.status) || !has(status.compliant)", COMPLIANT_PAST)],
      ["Healthy", "status.compliant == 'Compliant'"],
      ["Degraded", "status.compliant == 'NonCompliant'"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["policy.open-cluster-management.io/OperatorPolicy"],
    clauses: [
      ["Progressing", STALE],
      ["Healthy", is("Compliant"), message("Compliant")],
      ["Degraded", isNot("Compliant"), message("Compliant")],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["policy.open-cluster-management.io/Policy"],
    clauses: [
      ["Progressing", "!has(object.status) || size(status) == 0"],
      ["Healthy", "spec.disabled == true"],
      ["Healthy", "has(status.placement) && !has(status.status) && !has(status.compliant)"],
      ["Healthy", "status.compliant == 'Compliant'"],
      ["Degraded", "status.compliant == 'NonCompliant'"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["core.gardener.cloud/Shoot"],
    clauses: [
      ["Degraded", "metadata.labels['shoot.gardener.cloud/status'] in ['unhealthy', 'degraded']"],
      ["Unknown", "metadata.labels['shoot.gardener.cloud/status'] == 'unknown'"],
      ["Healthy", "metadata.labels['shoot.gardener.cloud/status'] == 'healthy'"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["apps.openshift.io/DeploymentConfig"],
    clauses: [
      [
        "Healthy",
        has("c.type == 'Progressing' && c.reason == 'NewReplicationControllerAvailable'"),
      ],
      ["Degraded", any(isNot("Available"), isNot("Progressing"))],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["operator.openshift.io/IngressController"],
    clauses: [
      ["Degraded", is("Degraded"), message("Degraded")],
      ["Healthy", is("DeploymentReplicasAllAvailable")],
      [
        "Progressing",
        isNot("DeploymentReplicasAllAvailable"),
        message("DeploymentReplicasAllAvailable"),
      ],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["route.openshift.io/Route"],
    clauses: [
      [
        "Degraded",
        "status.ingress.exists(i, i.conditions.exists(c, c.type == 'Admitted' && c.status == 'False'))",
      ],
      [
        "Healthy",
        "size(status.ingress) > 0 && status.ingress.all(i, i.conditions.exists(c, c.type == 'Admitted' && c.status == 'True'))",
      ],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["operators.coreos.com/Subscription"],
    clauses: [
      [
        "Degraded",
        any(is("CatalogSourcesUnhealthy"), is("InstallPlanFailed"), is("ResolutionFailed")),
      ],
      ["Progressing", any(is("BundleUnpacking"), "!has(status.state)")],
      [
        "Healthy",
        has(
          "c.type == 'InstallPlanPending' && c.status == 'True' && c.reason == 'RequiresApproval'",
        ),
      ],
      ["Progressing", is("InstallPlanPending")],
      ["Healthy", "status.state == 'AtLatestKnown'"],
      ["Progressing", ELSE],
    ],
  },
];
