/**
 * Definitions, monitoring, identity, API management.
 *
 * @module
 */
import {
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
  type Rules,
  STALE,
} from "./language.ts";

/** Of 3scale: whatever kind of trouble is True, then what is well. */
const THREE_SCALE: Rules["clauses"] = [
  [
    "Degraded",
    any(is("Failed"), is("Invalid"), is("Orphan")),
    first("c.type in ['Failed', 'Invalid', 'Orphan'] && c.status == 'True'", "message"),
  ],
  ["Suspended", is("Waiting"), message("Waiting")],
  ["Healthy", any(is("Ready"), is("Synced"))],
  ["Degraded", isNot("Ready"), message("Ready")],
  ["Progressing", is("In-progress"), message("In-progress")],
  ["Progressing", ELSE],
];

/** Rules. */
export const PLATFORM: readonly Rules[] = [
  {
    kinds: ["apiextensions.k8s.io/CustomResourceDefinition"],
    clauses: [
      ["Progressing", any(DELETED, is("Terminating"))],
      ["Degraded", isNot("NamesAccepted")],
      [
        "Progressing",
        has("c.type == 'Established' && c.status == 'False' && c.reason == 'Installing'"),
      ],
      ["Degraded", isNot("Established")],
      ["Degraded", is("NonStructuralSchema"), message("NonStructuralSchema")],
      ["Healthy", is("Established")],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["monitoring.coreos.com/Prometheus", "monitoring.coreos.com/Alertmanager"],
    clauses: [
      ["Suspended", "spec.paused == true"],
      ["Healthy", is("Available")],
      ["Degraded", isNot("Available"), message("Available")],
      ["Progressing", ELSE, first("c.type == 'Available'", "reason")],
    ],
  },
  {
    kinds: ["operator.victoriametrics.com/*"],
    clauses: [
      ["Progressing", any(NO_STATUS, STALE)],
      ["Degraded", "status.updateStatus == 'failed'", "status.reason"],
      ["Suspended", "status.updateStatus == 'paused'"],
      ["Healthy", "status.updateStatus == 'operational'"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["opentelemetry.io/OpenTelemetryCollector"],
    clauses: [
      ["Healthy", "spec.mode == 'sidecar'"],
      ["Progressing", "!has(status.scale.statusReplicas)"],
      [
        "Healthy",
        "status.scale.statusReplicas.split('/')[0] == status.scale.statusReplicas.split('/')[1]",
      ],
      ["Degraded", "status.scale.statusReplicas.startsWith('0/')"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["grafana.integreatly.org/Grafana"],
    clauses: [
      ["Degraded", "status.stageStatus == 'failed'"],
      ["Healthy", "status.stage == 'complete' && status.stageStatus == 'success'"],
      ["Progressing", ELSE, "status.stage"],
    ],
  },
  {
    kinds: kindsOf(
      "grafana.integreatly.org",
      "GrafanaDashboard GrafanaDatasource GrafanaFolder GrafanaAlertRuleGroup",
    ),
    clauses: [
      ["Degraded", "status.NoMatchingInstances == true"],
      [
        "Degraded",
        has("c.type.endsWith('Synchronized') && c.status == 'False'"),
        first("c.status == 'False'", "message"),
      ],
      [
        "Healthy",
        any(has("c.type.endsWith('Synchronized') && c.status == 'True'"), "has(status.lastResync)"),
      ],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["jaegertracing.io/Jaeger"],
    clauses: [
      ["Healthy", "status.phase == 'Running'"],
      ["Degraded", "status.phase == 'Failed'"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["kiali.io/Kiali"],
    clauses: [
      ["Healthy", is("Successful"), message("Successful")],
      ["Degraded", is("Failure"), first("c.type == 'Failure' && c.status == 'True'", "message")],
      ["Progressing", ELSE, message("Running")],
    ],
  },
  {
    kinds: ["k8s.keycloak.org/Keycloak"],
    clauses: [
      ["Degraded", is("HasErrors")],
      ["Healthy", is("Ready")],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["apps.3scale.net/APIManager"],
    clauses: [
      [
        "Degraded",
        has("c.type == 'Available' && c.status == 'False' && has(c.reason) && c.reason != ''"),
      ],
      ["Healthy", is("Available")],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["capabilities.3scale.net/Application"],
    clauses: [["Suspended", "status.state == 'suspended'"], ...THREE_SCALE],
  },
  {
    kinds: ["capabilities.3scale.net/DeveloperUser"],
    clauses: [["Suspended", "status.developerUserState == 'suspended'"], ...THREE_SCALE],
  },
  {
    kinds: kindsOf(
      "capabilities.3scale.net",
      "ActiveDoc ApplicationAuth Backend CustomPolicyDefinition DeveloperAccount OpenAPI Product ProxyConfigPromote Tenant",
    ),
    clauses: THREE_SCALE,
  },
];
