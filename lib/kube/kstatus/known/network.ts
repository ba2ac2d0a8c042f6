/**
 * Gateways, meshes and routes.
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
  type Rules,
} from "./language.ts";

/** Of gateway-api: conditions of each parent; a route that no listener takes is nobody's trouble. */
const PARENTS = "status.parents";
const CONDITIONS_PAST =
  "has(c.observedGeneration) && c.observedGeneration != metadata.?generation.orValue(c.observedGeneration)";
const IN_PROGRESS =
  "c.reason in ['Pending', 'ProgrammingInProgress', 'Progressing'] || c.status == 'Unknown'";
/** gloo wrote the state as a number once, and as one of several later. */
const STATES = {
  well: ["Accepted", "1"],
  ill: ["Rejected", "Warning", "2", "3"],
} as const;

function solo(states: readonly string[]): string {
  const list = states.map((state) => `'${state}'`).join(", ");
  return any(
    `string(status.state) in [${list}]`,
    `status.statuses.exists(s, string(status.statuses[s].state) in [${list}])`,
  );
}

const SOLO: Rules["clauses"] = [
  [
    "Degraded",
    solo(STATES.ill),
    "has(status.reason) ? status.reason : status.statuses.map(s, has(status.statuses[s].reason), status.statuses[s].reason)[0]",
  ],
  ["Healthy", solo(STATES.well)],
  ["Suspended", solo(["Pending", "0"])],
  ["Progressing", ELSE],
];

/** Policies that hang on gateways: conditions of each ancestor. */
const ANCESTORS = "status.ancestors";
const POLICY: Rules["clauses"] = [
  [
    "Progressing",
    `!has(object.status) || !has(status.ancestors) || size(${ANCESTORS}) == 0 || ${ANCESTORS}.exists(a, a.conditions.exists(c, ${CONDITIONS_PAST}))`,
  ],
  [
    "Degraded",
    `${ANCESTORS}.exists(a, a.conditions.exists(c, c.status == 'False'))`,
  ],
  ["Progressing", `${ANCESTORS}.exists(a, a.conditions.exists(c, c.status == 'Unknown'))`],
  [
    "Degraded",
    `${ANCESTORS}.exists(a, size(a.conditions) > 0 && !a.conditions.exists(c, c.type == 'Accepted'))`,
  ],
  ["Progressing", `${ANCESTORS}.exists(a, size(a.conditions) == 0)`],
  ["Healthy", ELSE],
];

/** Rules. */
export const NETWORK: readonly Rules[] = [
  {
    kinds: kindsOf("gateway.networking.k8s.io", "HTTPRoute GRPCRoute TLSRoute TCPRoute UDPRoute"),
    clauses: [
      ["Progressing", `size(${PARENTS}) == 0`],
      [
        "Degraded",
        `${PARENTS}.exists(p, p.conditions.exists(c, c.type in ['Accepted', 'ResolvedRefs', 'Programmed'] && c.status == 'False' && !(${IN_PROGRESS}) && !(${CONDITIONS_PAST})))`,
      ],
      [
        "Progressing",
        `${PARENTS}.exists(p, p.conditions.exists(c, c.status != 'True' && (${IN_PROGRESS})))`,
      ],
      ["Healthy", ELSE],
    ],
  },
  {
    kinds: ["gateway.networking.k8s.io/Gateway"],
    clauses: [
      [
        "Degraded",
        has("c.type in ['Accepted', 'ResolvedRefs'] && c.status == 'False'"),
        first("c.type in ['Accepted', 'ResolvedRefs'] && c.status == 'False'", "message"),
      ],
      [
        "Degraded",
        "status.listeners.exists(l, l.conditions.exists(c, c.type in ['Accepted', 'ResolvedRefs'] && c.status == 'False'))",
      ],
      [
        "Progressing",
        has(`c.status != 'True' && (${IN_PROGRESS})`),
        first(`c.status != 'True' && (${IN_PROGRESS})`, "message"),
      ],
      ["Degraded", isNot("Programmed"), message("Programmed")],
      ["Healthy", is("Programmed")],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["gateway.networking.k8s.io/GatewayClass"],
    clauses: [
      ["Progressing", has(CONDITIONS_PAST)],
      ...byCondition("Accepted").slice(0, 2),
      ["Progressing", ELSE, message("Accepted")],
    ],
  },
  {
    kinds: ["gateway.networking.k8s.io/BackendTLSPolicy", "microgateway.airlock.com/*"],
    clauses: POLICY,
  },
  {
    kinds: [
      ...kindsOf(
        "gateway.solo.io",
        "Gateway MatchableHttpGateway RouteOption RouteTable VirtualHostOption VirtualService",
      ),
      ...kindsOf("gloo.solo.io", "Proxy Settings Upstream UpstreamGroup"),
    ],
    clauses: SOLO,
  },
  {
    kinds: ["projectcontour.io/HTTPProxy"],
    clauses: [
      ["Progressing", NO_STATUS],
      ["Progressing", has(`c.type == 'Valid' && ${CONDITIONS_PAST}`)],
      // What it includes may be in other hands.
      ["Healthy", all(isNot("Valid"), "size(spec.includes) > 0")],
      ["Progressing", "status.currentStatus == 'NotReconciled'", "status.description"],
      ["Healthy", is("Valid"), message("Valid")],
      ["Degraded", isNot("Valid"), message("Valid")],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["projectcontour.io/ExtensionService"],
    clauses: [
      ["Progressing", has(`c.type == 'Valid' && ${CONDITIONS_PAST}`)],
      ...byCondition("Valid"),
    ],
  },
  {
    kinds: ["install.istio.io/IstioOperator"],
    clauses: [
      ["Degraded", "status.status == 'ERROR'"],
      ["Degraded", "status.componentStatus.exists(c, status.componentStatus[c].status == 'ERROR')"],
      [
        "Progressing",
        "status.componentStatus.exists(c, status.componentStatus[c].status in ['UPDATING', 'RECONCILING', 'NONE'])",
      ],
      ["Healthy", "status.status == 'HEALTHY'"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["networking.gke.io/ManagedCertificate"],
    clauses: [
      ["Degraded", "status.domainStatus.exists(d, d.status.startsWith('Failed'))"],
      [
        "Healthy",
        "status.domainStatus.all(d, d.status == 'Active') && status.certificateStatus == 'Active'",
      ],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["nmstate.io/NodeNetworkConfigurationPolicy"],
    clauses: [
      ["Suspended", is("Ignored"), first("c.type == 'Ignored'", "reason")],
      ["Degraded", is("Degraded"), message("Degraded")],
      ["Progressing", is("Progressing"), message("Progressing")],
      ["Healthy", is("Available"), message("Available")],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["proclaim.dogmatiq.io/DNSSDServiceInstance"],
    clauses: [
      ["Degraded", isNot("Adopted"), message("Adopted")],
      ["Degraded", isNot("Advertised"), message("Advertised")],
      ["Healthy", is("Discoverable"), message("Discoverable")],
      [
        "Unknown",
        has("c.type == 'Discoverable' && c.status == 'Unknown'"),
        message("Discoverable"),
      ],
      ["Progressing", ELSE, message("Discoverable")],
    ],
  },
];
