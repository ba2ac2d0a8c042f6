/**
 * Every flag of every component, with Flux's names where Flux has them (design D15).
 *
 * @module
 */
import type { FlagTable } from "./flags.ts";

const EVERYONE = ["all"] as const;
const PROCESS = ["main"] as const;

/** The flags of `controllers/main.ts`. */
export const FLAGS = {
  "only": {
    type: "list",
    default: [],
    components: PROCESS,
    help: "Components to run, such as source,kustomize; all when empty.",
  },
  "config": {
    type: "text",
    default: "",
    components: PROCESS,
    help: "YAML file of flags, name: value; the command line and the environment win over it.",
  },
  "kubeconfig": {
    type: "text",
    default: "",
    components: PROCESS,
    help: "File that says how to reach the cluster; the pod's own account when empty.",
  },
  "log-level": {
    type: "text",
    default: "info",
    components: EVERYONE,
    choices: ["trace", "debug", "info", "error"],
    help: "Least severity that is logged: trace, debug, info, error.",
  },
  "log-encoding": {
    type: "text",
    default: "json",
    components: EVERYONE,
    choices: ["json", "console"],
    help: "Form of a log line: json or console.",
  },
  "metrics-addr": {
    type: "text",
    default: ":8080",
    components: EVERYONE,
    help: "Address that serves /metrics; empty for none.",
  },
  "health-addr": {
    type: "text",
    default: ":9440",
    components: EVERYONE,
    help: "Address that serves /healthz and /readyz; empty for none.",
  },
  "events-addr": {
    type: "text",
    default: "",
    components: EVERYONE,
    help: "Address of the event receiver; empty for none.",
  },
  "concurrent": {
    type: "integer",
    default: 4,
    defaults: { source: 2 },
    least: 1,
    components: EVERYONE,
    help: "Runs at once per kind; a namespace with none gets one more, up to twice as many.",
  },
  "enable-leader-election": {
    type: "boolean",
    default: false,
    components: EVERYONE,
    help: "Work only while holding the component's Lease.",
  },
  "leader-election-lease-duration": {
    type: "duration",
    default: "35s",
    components: EVERYONE,
    help: "Age at which others may take a Lease that was not renewed.",
  },
  "leader-election-renew-deadline": {
    type: "duration",
    default: "30s",
    components: EVERYONE,
    help: "Age at which the holder gives up a Lease it could not renew.",
  },
  "leader-election-retry-period": {
    type: "duration",
    default: "5s",
    components: EVERYONE,
    help: "Time between tries to take or renew a Lease.",
  },
  "graceful-shutdown-timeout": {
    type: "duration",
    default: "10m0s",
    components: EVERYONE,
    help: "Most time that running work gets when the process is told to stop.",
  },
  "watch-all-namespaces": {
    type: "boolean",
    default: true,
    components: EVERYONE,
    help: "Watch every namespace; else only the one in RUNTIME_NAMESPACE.",
  },
  "watch-label-selector": {
    type: "text",
    default: "",
    components: ["source", "kustomize", "helm", "image-reflector", "image-automation"],
    help: "Watch only objects whose labels match.",
  },
  "watch-configs-label-selector": {
    type: "text",
    default: "reconcile.fluxcd.io/watch=Enabled",
    components: ["kustomize", "helm", "notification"],
    help: "ConfigMaps and Secrets whose change starts a run.",
  },
  "min-retry-delay": {
    type: "duration",
    default: "750ms",
    components: EVERYONE,
    help: "First delay after a failure; each further one doubles it.",
  },
  "max-retry-delay": {
    type: "duration",
    default: "15m0s",
    components: EVERYONE,
    help: "Longest delay after a failure.",
  },
  "interval-jitter-percentage": {
    type: "integer",
    default: 5,
    least: 0,
    components: ["source", "kustomize", "helm"],
    help: "Spread of the interval to both sides, in percent.",
  },
  "requeue-dependency": {
    type: "duration",
    default: "30s",
    components: ["source", "kustomize", "helm"],
    help: "Most time until a missing dependency is looked at again.",
  },
  "feature-gates": {
    type: "list",
    default: [],
    components: EVERYONE,
    help: "Name=true or Name=false; a gate that is not implemented is refused.",
  },
  "no-cross-namespace-refs": {
    type: "boolean",
    default: false,
    components: ["kustomize", "helm", "image-reflector", "image-automation", "notification"],
    help: "Refuse references to another namespace.",
  },
  "default-service-account": {
    type: "text",
    default: "",
    components: ["kustomize", "helm"],
    help: "Account to act as where an object names none.",
  },
  "default-decryption-service-account": {
    type: "text",
    default: "",
    components: ["kustomize"],
    help: "Account to decrypt as where an object names none.",
  },
  "default-kubeconfig-service-account": {
    type: "text",
    default: "",
    components: ["kustomize", "helm"],
    help: "Account to log in to remote clusters as where an object names none.",
  },
  "http-retry": {
    type: "integer",
    default: 9,
    least: 0,
    components: ["kustomize", "helm"],
    help: "Tries again when an artifact cannot be downloaded.",
  },
  "safety": {
    type: "text",
    default: "flux",
    components: ["kustomize"],
    choices: ["flux", "guarded"],
    help:
      "flux: as Flux does; guarded: a prune of more than half, or of all, is to be confirmed, and health checks " +
      "wait for well-known kinds without a Ready condition too.",
  },
  "concurrent-ssa": {
    type: "integer",
    default: 4,
    least: 1,
    components: ["kustomize"],
    help: "Server-side applies at once per run.",
  },
  "no-remote-bases": {
    type: "boolean",
    default: false,
    components: ["kustomize"],
    help: "Refuse bases from other hosts.",
  },
  "override-manager": {
    type: "list",
    default: [],
    components: ["kustomize"],
    help: "Field managers whose fields are taken over.",
  },
  "custom-apply-stage-kinds": {
    type: "list",
    default: [],
    components: ["kustomize"],
    help: "group/Kind of objects to apply before the others.",
  },
  "sops-vault-configmap": {
    type: "text",
    default: "",
    components: ["kustomize"],
    help: "ConfigMap in RUNTIME_NAMESPACE with the Vaults that accounts log in to.",
  },
  "sops-age-secret": {
    type: "text",
    default: "",
    components: ["kustomize"],
    help: "Secret in RUNTIME_NAMESPACE with the age keys for every object.",
  },
  "insecure-kubeconfig-exec": {
    type: "boolean",
    default: false,
    components: ["kustomize", "helm"],
    help: "Refused: no kubeconfig makes Sluice run a program.",
  },
  "insecure-kubeconfig-tls": {
    type: "boolean",
    default: false,
    components: ["kustomize", "helm"],
    help: "Refused: certificates of remote clusters are always verified.",
  },
  "storage-path": {
    type: "text",
    default: "/data",
    components: ["source", "image-reflector", "image-automation"],
    help: "Folder for artifacts and for the dates of images.",
  },
  "storage-addr": {
    type: "text",
    default: ":9090",
    components: ["source"],
    help: "Address that serves artifacts.",
  },
  "storage-adv-addr": {
    type: "text",
    default: "",
    components: ["source"],
    help: "Host and port written into artifact addresses; that of storage-addr when empty.",
  },
  "artifact-retention-ttl": {
    type: "duration",
    default: "1m0s",
    components: ["source"],
    help: "Age at which an artifact that is not current may be deleted.",
  },
  "artifact-retention-records": {
    type: "integer",
    default: 2,
    least: 1,
    components: ["source"],
    help: "Artifacts kept per object.",
  },
  "ssh-kex-algos": {
    type: "list",
    default: [],
    components: ["source", "image-automation"],
    help:
      "Key exchanges that are offered to SSH servers, the preferred ones first; a safe list when empty.",
  },
  "ssh-hostkey-algos": {
    type: "list",
    default: [],
    components: ["source", "image-automation"],
    help:
      "Signatures of SSH servers' keys that are accepted, the preferred ones first; a safe list when empty.",
  },
  "artifact-digest-algo": {
    type: "text",
    default: "sha256",
    choices: ["sha256", "sha384", "sha512", "blake3", "sha1"],
    components: ["source"],
    help: "How new artifacts are named by their bytes.",
  },
  "receiverAddr": {
    type: "text",
    default: ":9292",
    components: ["notification"],
    help: "Address that takes webhooks; the odd spelling is Flux's.",
  },
  "rate-limit-interval": {
    type: "duration",
    default: "5m0s",
    components: ["notification"],
    help: "Time in which the same event is taken once.",
  },
  "event-receiver-addr": {
    type: "text",
    default: ":9090",
    components: ["notification"],
    help: "Address that takes events; Flux calls it events-addr on this controller alone.",
  },
} as const satisfies FlagTable;
