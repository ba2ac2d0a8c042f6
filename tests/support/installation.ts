/**
 * An overlay of `deploy/` in a control plane of its own; what its pods would run runs here, with the words,
 * the permissions and the account of each Deployment.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { isRecord } from "../../lib/base/mod.ts";
import type { KubeObject } from "../../lib/kube/mod.ts";
import { parseDocuments, toPlain } from "../../lib/yaml/mod.ts";
import { type ControlPlane, startControlPlane } from "../../tools/controlplane/start.ts";
import { entrypointOf } from "../../tools/gen/entrypoint.ts";
import { Background, captureText } from "../../tools/process.ts";
import { freePort } from "../../tools/free_port.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const SOURCE_HOST = "source-controller.$(RUNTIME_NAMESPACE).svc.cluster.local.";

/** See the module's description. */
export interface Installation {
  readonly plane: ControlPlane;
  /** Everything the overlay builds. */
  readonly objects: readonly KubeObject[];
  /** The last lines of all processes, for messages. */
  lines(): string[];
  /** What Deno's permission audit saw a controller ask for that its words do not grant. */
  beyondGrants(): Promise<string[]>;
}

interface Pod {
  readonly process: Background;
  /** Deno, its permissions, the entry point and the flags. */
  readonly words: readonly string[];
  readonly auditPath: string;
}

/** What `sluice kustomize build` prints for an overlay. */
export async function buildOverlay(name: string): Promise<string> {
  return await buildFolder(`${PROJECT}/deploy/overlays/${name}`);
}

/** What `sluice kustomize build` prints for any folder. */
export async function buildFolder(folder: string): Promise<string> {
  const cli = ["run", "--allow-read", "--allow-env", `${PROJECT}/cli/main.ts`];
  const built = await captureText([Deno.execPath(), ...cli, "kustomize", "build", folder]);
  if (!built.ok) throw new Error(built.message);
  return built.value;
}

/** Installs an overlay, waits until its pods are ready, and starts its controllers. */
export async function install(
  overlay: string,
  stack: AsyncDisposableStack,
): Promise<Installation> {
  const started = await startControlPlane({ audit: true });
  if (!started.ok) throw new Error(started.message);
  const plane = stack.use(started.value);
  const text = await buildOverlay(overlay);
  await kubectl(plane, ["apply", "--server-side", "--filename=-"], text);
  const wait = ["wait", "--namespace=flux-system", "--all", "--timeout=180s"];
  await kubectl(plane, [...wait, "--for=condition=Available", "deployments"]);
  const objects = objectsOf(text);
  const deployments = objects.filter(({ kind }) => kind === "Deployment");
  const storagePort = freePort();
  const pods: Pod[] = [];
  for (const deployment of deployments) {
    pods.push(await startPod(deployment, plane, storagePort, stack));
  }
  return {
    plane,
    objects,
    lines: () => pods.flatMap(({ process }) => [process.name, ...process.lastLines.slice(-8)]),
    async beyondGrants() {
      return (await Promise.all(pods.map(findBeyondGrants))).flat();
    },
  };
}

/** Runs kubectl as administrator; throws when it fails. */
export async function kubectl(
  plane: ControlPlane,
  args: readonly string[],
  input?: string,
): Promise<string> {
  const printed = await plane.kubectl(args, input);
  if (!printed.ok) throw new Error(printed.message);
  return printed.value;
}

/** The objects of a build. */
export function objectsOf(text: string): KubeObject[] {
  const documents = parseDocuments(text);
  if (!documents.ok) throw new Error(documents.message);
  // Our own build printed them; every one has what a KubeObject has.
  return documents.value.map(({ node }) => toPlain(node) as KubeObject);
}

async function startPod(
  deployment: KubeObject,
  plane: ControlPlane,
  storagePort: number,
  stack: AsyncDisposableStack,
): Promise<Pod> {
  const { name } = deployment.metadata;
  const { serviceAccountName, command, args } = readPod(deployment);
  const folder = await Deno.makeTempDir({ prefix: `sluice-${name}-` });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  await Deno.mkdir(`${folder}/data`);
  await Deno.writeTextFile(`${folder}/config`, await kubeconfigOf(serviceAccountName, plane));
  const { hostname, port } = new URL(plane.server);
  const replacements = new Map([
    ["/usr/bin/deno", Deno.execPath()],
    ["/app/", PROJECT],
    ["/data", `${folder}/data`],
    ["/config", `${folder}/config`],
    // The Service leads to the pod of the source controller.
    [`${SOURCE_HOST}:80`, `127.0.0.1:${storagePort}`],
    [SOURCE_HOST, `127.0.0.1:${storagePort}`],
    ["$(KUBERNETES_SERVICE_HOST)", hostname],
    ["$(KUBERNETES_SERVICE_PORT)", port],
    ["$(POD_IP):9090", `127.0.0.1:${storagePort}`],
    // Nobody asks these; any free port will do.
    ["$(POD_IP):9440", "127.0.0.1:0"],
    ["$(POD_IP):8080", "127.0.0.1:0"],
  ]);
  const words = [...(command ?? entrypointOf()), ...args, "--kubeconfig=/config"]
    // All servers of this test are on this machine.
    .filter((word) => !word.startsWith("--deny-net="))
    .map((word) => replaceAll(word, replacements));
  const env = { RUNTIME_NAMESPACE: "flux-system", DENO_AUDIT_PERMISSIONS: `${folder}/audit.jsonl` };
  const process = new Background(name, words, { env });
  stack.defer(() => process.stop());
  return { process, words, auditPath: env.DENO_AUDIT_PERMISSIONS };
}

async function findBeyondGrants({ process, words, auditPath }: Pod): Promise<string[]> {
  const lines = (await Deno.readTextFile(auditPath)).trim().split("\n");
  if (lines.length < 10) throw new Error(`${auditPath}: Deno has audited next to nothing`);
  const asked = new Set(lines.map((line) => {
    const { permission, value } = JSON.parse(line);
    return `${permission} ${permission === "net" ? addressOf(value) : value}`;
  }));
  return [...asked].filter((use) => !isGranted(use, words))
    .map((use) => `${process.name}: ${use}`);
}

/** `fetch` is recorded with its whole URL. */
function addressOf(value: string): string {
  return URL.canParse(value) && value.includes("//") ? new URL(value).host : value;
}

/** Whether `use`, as `read /data/x`, is among `--allow-read=…`. */
function isGranted(use: string, words: readonly string[]): boolean {
  const space = use.indexOf(" ");
  const [permission, value] = [use.slice(0, space), use.slice(space + 1)];
  const prefix = `--allow-${permission}`;
  const grant = words.find((word) => word === prefix || word.startsWith(`${prefix}=`));
  if (grant === undefined) return false;
  if (grant === prefix) return true;
  return grant.slice(prefix.length + 1).split(",").some((granted) =>
    value === granted ||
    value.startsWith(`${granted}/`) ||
    (granted.endsWith("*") && value.startsWith(granted.slice(0, -1)))
  );
}

interface PodSpec {
  readonly serviceAccountName: string;
  readonly command: readonly string[] | undefined;
  readonly args: readonly string[];
}

function readPod({ spec }: KubeObject): PodSpec {
  const template = isRecord(spec) && isRecord(spec["template"]) ? spec["template"] : {};
  const pod = isRecord(template["spec"]) ? template["spec"] : {};
  const [container] = Array.isArray(pod["containers"]) ? pod["containers"] : [];
  return {
    serviceAccountName: String(pod["serviceAccountName"]),
    command: container.command,
    args: container.args,
  };
}

/** A pod has a token of its account; so does this. */
async function kubeconfigOf(account: string, plane: ControlPlane): Promise<string> {
  const token = await kubectl(plane, ["--namespace=flux-system", "create", "token", account]);
  return plane.adminKubeconfig.replace(/token: .*/, `token: ${token.trim()}`);
}

function replaceAll(word: string, replacements: ReadonlyMap<string, string>): string {
  let text = word;
  for (const [from, to] of replacements) text = text.replaceAll(from, to);
  return text;
}
