/**
 * Certificates, secrets, Flux, Flagger, and what else brings things to a cluster.
 *
 * @module
 */
import {
  all,
  any,
  byCondition,
  byPhase,
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
  STALE,
} from "./language.ts";

const KEPTN = "status.status";

/** Rules. */
export const DELIVERY: readonly Rules[] = [
  {
    kinds: ["cert-manager.io/Certificate", "certmanager.k8s.io/Certificate"],
    clauses: [["Progressing", is("Issuing"), message("Issuing")], ...byCondition("Ready")],
  },
  {
    kinds: [
      ...kindsOf("cert-manager.io", "Issuer ClusterIssuer"),
      ...kindsOf("certmanager.k8s.io", "Issuer ClusterIssuer"),
      ...kindsOf("external-secrets.io", "ExternalSecret PushSecret SecretStore ClusterSecretStore"),
      "onepassword.com/OnePasswordItem",
      "grafana-org-operator.kubitus-project.gitlab.io/*",
      ...kindsOf("karpenter.sh", "NodePool"),
      "karpenter.k8s.aws/EC2NodeClass",
      "kyverno.io/Policy",
      "kyverno.io/ClusterPolicy",
    ],
    clauses: byCondition("Ready"),
  },
  {
    kinds: ["external-secrets.io/ClusterExternalSecret"],
    clauses: [
      ["Healthy", is("Ready"), message("Ready")],
      [
        "Degraded",
        any(is("PartiallyReady"), is("NotReady")),
        first("c.type in ['PartiallyReady', 'NotReady']", "message"),
      ],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["kubernetes-client.io/ExternalSecret"],
    clauses: [["Healthy", "status.status == 'SUCCESS'"], [
      "Degraded",
      "status.status != ''",
      "status.status",
    ], ["Progressing", ELSE]],
  },
  { kinds: ["bitnami.com/SealedSecret"], clauses: byCondition("Synced") },
  {
    kinds: [
      ...kindsOf(
        "source.toolkit.fluxcd.io",
        "GitRepository OCIRepository Bucket HelmChart HelmRepository",
      ),
      ...kindsOf("image.toolkit.fluxcd.io", "ImageRepository ImagePolicy ImageUpdateAutomation"),
      ...kindsOf("kustomize.toolkit.fluxcd.io", "Kustomization"),
      ...kindsOf("helm.toolkit.fluxcd.io", "HelmRelease"),
      ...kindsOf("notification.toolkit.fluxcd.io", "Receiver Alert Provider"),
    ],
    clauses: [
      ["Suspended", "spec.suspend == true"],
      ["Healthy", "kind == 'HelmRepository' && spec.type == 'oci'"],
      ["Healthy", is("Ready"), reason("Ready")],
      ["Degraded", isNot("Ready"), reason("Ready")],
      ["Progressing", some("Ready"), reason("Ready")],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["flagger.app/Canary"],
    clauses: byPhase("status.phase", "Initialized,Succeeded", "Failed"),
  },
  {
    kinds: ["pulumi.com/Stack"],
    clauses: [
      ["Progressing", STALE],
      ["Degraded", is("Stalled"), message("Stalled")],
      ["Progressing", is("Reconciling"), message("Reconciling")],
      ...byCondition("Ready"),
    ],
  },
  {
    kinds: kindsOf(
      "lifecycle.keptn.sh",
      "KeptnAppVersion KeptnWorkloadInstance KeptnWorkloadVersion",
    ),
    clauses: [
      ["Degraded", "status.status == 'Failed'"],
      ["Healthy", "status.status == 'Succeeded'"],
      ["Progressing", ELSE],
    ],
  },
  { kinds: ["lifecycle.keptn.sh/KeptnTask"], clauses: byPhase(KEPTN, "Succeeded", "Failed") },
  {
    kinds: ["lifecycle.keptn.sh/KeptnEvaluation"],
    clauses: byPhase("status.overallStatus", "Succeeded", "Failed"),
  },
  {
    kinds: ["metrics.keptn.sh/Analysis"],
    clauses: [
      ["Healthy", "status.pass == true || status.warning == true"],
      ["Degraded", "status.state == 'Completed'"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["metrics.keptn.sh/KeptnMetric"],
    clauses: [
      ["Degraded", "status.errMsg != ''"],
      ["Healthy", "has(status.value) && status.value != ''"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: kindsOf("db.atlasgo.io", "AtlasMigration AtlasSchema"),
    clauses: [
      ["Healthy", is("Ready"), reason("Ready")],
      ["Progressing", all(isNot("Ready"), `${reason("Ready")} == 'Reconciling'`), reason("Ready")],
      ["Degraded", isNot("Ready"), reason("Ready")],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: kindsOf("services.cloud.sap.com", "ServiceBinding ServiceInstance"),
    clauses: [
      ["Progressing", any(NO_STATUS, DELETED)],
      [
        "Progressing",
        has(
          "c.type in ['Ready', 'Succeeded'] && has(c.observedGeneration) && c.observedGeneration != metadata.generation",
        ),
      ],
      ["Degraded", is("Failed"), message("Failed")],
      ["Healthy", "status.ready == true || status.ready == 'True'"],
      ...byCondition("Ready"),
    ],
  },
  {
    kinds: ["tower.ansible.com/AnsibleJob"],
    clauses: [
      ["Degraded", oneOf("status.ansibleJobResult.status", "failed", "error", "canceled")],
      ["Healthy", "status.ansibleJobResult.status == 'successful'"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["iammanager.keikoproj.io/Iamrole"],
    clauses: [
      ["Healthy", "status.state == 'Ready'"],
      [
        "Degraded",
        oneOf(
          "status.state",
          "Error",
          "PolicyNotAllowed",
          "RolesMaxLimitReached",
          "RoleNameNotAvailable",
        ),
      ],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: kindsOf("coralogix.com", "Alert RecordingRuleGroupSet"),
    clauses: byCondition("RemoteSynced"),
  },
  {
    kinds: ["datadoghq.com/DatadogMetric"],
    clauses: [
      ["Degraded", is("Error"), message("Error")],
      ["Degraded", isNot("Valid"), message("Valid")],
      ["Healthy", ELSE],
    ],
  },
];
