/**
 * Tenants of an installation: a namespace each, with an account that may do there what its administrator may.
 *
 * @module
 */
import type { KubeObject } from "../../lib/kube/mod.ts";
import type { ControlPlane } from "../../tools/controlplane/start.ts";
import type { TestRepository } from "./git_repository.ts";
import { startGitServer } from "./git_server.ts";
import { type Installation, kubectl } from "./installation.ts";
import { lookUntil } from "./look_until.ts";
import { lacks } from "./requirements.ts";
import { makeSshKey } from "./ssh_keys.ts";
import { startSshServer } from "./ssh_server.ts";
import { gitRepository } from "./toolkit.ts";

const LIMIT_MS = 180_000;
const LOGIN = { username: "tester", password: "open-sesame-2" };
const WEB = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: {
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "web", image: "web:${tag}" }] },
    },
  },
};

/** Makes the namespace and its account `tenant`. */
export async function openTenant(plane: ControlPlane, namespace: string): Promise<void> {
  await kubectl(plane, ["create", "namespace", namespace]);
  await kubectl(plane, ["-n", namespace, "create", "serviceaccount", "tenant"]);
  const role = ["--clusterrole=admin", `--serviceaccount=${namespace}:tenant`];
  await kubectl(plane, ["-n", namespace, "create", "rolebinding", "tenant", ...role]);
}

/** A repository with the Deployment `web`, behind a login. */
export async function openApp(stack: AsyncDisposableStack): Promise<TestRepository> {
  const git = stack.use(await startGitServer({ auth: LOGIN }));
  const repository = await git.createRepository("app");
  await repository.commit({ files: { "web.yaml": JSON.stringify(WEB) } });
  return repository;
}

/** The Secret `git` that opens it. */
export function login(namespace: string): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { namespace, name: "git" },
    stringData: LOGIN,
  };
}

/** A repository at a real sshd, and what follows it: a GitRepository `ssh` and its Secret; nothing without sshd. */
export async function openSshSource(
  namespace: string,
  stack: AsyncDisposableStack,
): Promise<KubeObject[]> {
  if (lacks("sshd", "install openssh-server")) return [];
  const server = stack.use(await startSshServer());
  const key = await makeSshKey();
  await server.allow(key);
  const repository = await server.createRepository("app");
  await repository.commit({ files: { "a.yaml": "a: 1\n" } });
  const stringData = { identity: key.identity, "known_hosts": server.knownHosts };
  return [
    { apiVersion: "v1", kind: "Secret", metadata: { namespace, name: "ssh" }, stringData },
    gitRepository(namespace, "ssh", { url: repository.url, secretRef: { name: "ssh" } }),
  ];
}

/** Applies as administrator of the cluster. */
export async function apply(plane: ControlPlane, ...objects: readonly KubeObject[]): Promise<void> {
  const list = { apiVersion: "v1", kind: "List", items: objects };
  await kubectl(plane, ["apply", "--server-side", "--filename=-"], JSON.stringify(list));
}

/** Waits until all of `names`, as `kustomization/app`, are ready. */
export async function untilReady(
  { plane, lines }: Installation,
  namespace: string,
  ...names: readonly string[]
): Promise<void> {
  const wait = [
    "-n",
    namespace,
    "wait",
    "--for=condition=Ready",
    `--timeout=${LIMIT_MS}ms`,
    ...names,
  ];
  const waited = await plane.kubectl(wait);
  if (waited.ok) return;
  const kinds = "all,gitrepositories,kustomizations";
  const objects = await kubectl(plane, ["get", kinds, "-n", namespace, "--output=wide"]);
  throw new Error([waited.message, objects, ...lines()].join("\n"));
}

/** What to wait for in a condition: `reason` exactly, and a part of the message. */
export interface Said {
  /** `Ready` when absent. */
  readonly type?: string;
  readonly reason: string;
  readonly says: string;
}

/** Waits until the condition of `name` says so. */
export async function untilSays(
  { plane, lines }: Installation,
  namespace: string,
  name: string,
  { type = "Ready", reason, says }: Said,
): Promise<void> {
  const condition = `.status.conditions[?(@.type=="${type}")]`;
  const path = `--output=jsonpath={${condition}.reason} {${condition}.message}`;
  const isSo = (said: string) => said.startsWith(`${reason} `) && said.includes(says);
  const look = () => kubectl(plane, ["-n", namespace, "get", name, path]);
  const said = await lookUntil(look, isSo, { limitMs: LIMIT_MS });
  if (isSo(said)) return;
  throw new Error([`${type} of ${name} says ${said}`, ...lines()].join("\n"));
}
