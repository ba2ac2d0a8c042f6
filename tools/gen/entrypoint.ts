/**
 * How the image starts the controllers: with as few permissions as they need (design D22).
 *
 * @module
 */

/** Where one component needs less. */
export interface Narrowing {
  /** The only addresses it connects to or listens on. */
  readonly net: readonly string[];
}

/**
 * Custom resources name hosts freely, so the network is open but for what no user may reach: this machine and
 * its link, where clouds keep their credentials; one keeps them at `fd00:ec2::254`. `0.0.0.0` and `[::]` are this
 * machine, too; so the servers listen on the pod's own address. Deno compares the addresses that names lead to,
 * but takes no ranges of IPv6: those are left to `addressTrouble()` of lib/base.
 */
const DENIED_HOSTS = [
  "0.0.0.0",
  "[::]",
  "127.0.0.0/8",
  "[::1]",
  "169.254.0.0/16",
  "[fd00:ec2::254]",
];
/** The artifacts, a file for `--config`, the pod's account, and the modules that a thread reads when it starts. */
const READABLE = ["/data", "/config", "/var/run/secrets/kubernetes.io/serviceaccount", "/app/lib"];
const VARIABLES = [
  "KUBERNETES_SERVICE_HOST",
  "KUBERNETES_SERVICE_PORT",
  "RUNTIME_NAMESPACE",
  "SLUICE_*",
];
/**
 * Where the webhooks of Azure and of EKS put the cluster's word for the pod's account, where Google has it mounted, and
 * what they say of it; where an operator mounts logins for registries.
 */
const CLOUD_READABLE = [
  "/var/run/secrets/azure/tokens",
  "/var/run/secrets/eks.amazonaws.com/serviceaccount",
  "/var/run/secrets/tokens/gcp-ksa",
  "/var/run/secrets/docker",
];
const CLOUD_VARIABLES = [
  "AZURE_AUTHORITY_HOST",
  "AZURE_CLIENT_ID",
  "AZURE_FEDERATED_TOKEN_FILE",
  "AZURE_RESOURCE_MANAGER_ENDPOINT",
  "AZURE_TENANT_ID",
  "AWS_ENDPOINT_URL",
  "AWS_ENDPOINT_URL_ECR",
  "AWS_ENDPOINT_URL_ECR_PUBLIC",
  "AWS_ENDPOINT_URL_EKS",
  "AWS_ENDPOINT_URL_KMS",
  "AWS_ENDPOINT_URL_STS",
  "AWS_ROLE_ARN",
  "AWS_ROLE_SESSION_NAME",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS",
  "CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER",
  "CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS",
  "CLOUDSDK_API_ENDPOINT_OVERRIDES_STS",
  "DOCKER_CONFIG",
  "GOOGLE_APPLICATION_CREDENTIALS",
  "VAULT_NAMESPACE",
];

/** The words of the ENTRYPOINT; the Dockerfile's are the same without a narrowing. */
export function entrypointOf(narrowing?: Narrowing): string[] {
  const isWhole = narrowing === undefined;
  const net = isWhole
    ? ["--allow-net", `--deny-net=${DENIED_HOSTS.join(",")}`]
    : [`--allow-net=${narrowing.net.join(",")}`];
  return [
    "/usr/bin/deno",
    "run",
    "--no-prompt",
    "--cached-only",
    "--frozen",
    ...net,
    `--allow-read=${[...READABLE, ...(isWhole ? CLOUD_READABLE : [])].join(",")}`,
    ...(isWhole ? ["--allow-write=/data"] : []),
    `--allow-env=${[...VARIABLES, ...(isWhole ? CLOUD_VARIABLES : [])].join(",")}`,
    "--ignore-env",
    "--allow-sys=hostname",
    "/app/controllers/main.ts",
  ];
}
