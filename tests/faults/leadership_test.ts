/**
 * Two processes and one Lease for each component: one works, the other takes over (design D16).
 *
 * @module
 */
import assert from "node:assert/strict";
import { systemClock } from "../../lib/base/mod.ts";
import { type Cluster, openCluster } from "../../lib/kube/mod.ts";
import { installCustomResources } from "../../tools/controlplane/custom_resources.ts";
import { type ControlPlane, startControlPlane } from "../../tools/controlplane/start.ts";
import { fieldOf } from "../../tools/demo/observe.ts";
import { startControllers } from "../../tools/demo/start_controllers.ts";
import { completeLines, isDryRun, readAuditEntry } from "../support/audit_entry.ts";
import { startGitServer } from "../support/git_server.ts";
import { untilSo } from "../support/look_until.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { gitRepository, kustomization, kustomizationRef } from "../support/toolkit.ts";

const LEASE_MS = 4_000;
const RENEW_MS = 3_000;
/** What comes first is looked at here; how soon it comes, on a clock of its own: `lib/runtime/lease_test.ts`. */
const LIMIT_MS = 180_000;
/** Enough that the leader is stopped in the middle of them. */
const MOST_OBJECTS = 150;
const FIRST_OBJECTS = 5;
const LEASE = {
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  namespace: "flux-system",
  name: "kustomize-controller-leader-election",
};
const READY = kustomizationRef("default", "app");

/** A process and the name that it has in the audit log. */
interface Contender {
  readonly user: string;
  readonly pid: number;
  readonly logPath: string;
  /** It talks to the API server through this. */
  readonly proxy: TcpProxy;
  isRunning(): boolean;
  stop(): Promise<void>;
}

const faults: readonly {
  readonly name: string;
  readonly begin: (leader: Contender) => unknown;
  readonly end: (leader: Contender) => unknown;
}[] = [
  {
    name: "is frozen",
    begin: ({ pid }) => Deno.kill(pid, "SIGSTOP"),
    end: ({ pid }) => Deno.kill(pid, "SIGCONT"),
  },
  {
    name: "is cut off from the API server",
    begin: ({ proxy }) => proxy.stop(),
    end: ({ proxy }) => proxy.start(),
  },
];

for (const fault of faults) {
  Deno.test(`a leader that ${fault.name} is replaced, and writes nothing afterwards`, async () => {
    await using stack = new AsyncDisposableStack();
    const folder = await Deno.makeTempDir({ prefix: "sluice-leadership-" });
    stack.defer(() => Deno.remove(folder, { recursive: true }));
    const plane = await openPlane(stack);
    const cluster = await openAdmin(plane, stack);
    const git = stack.use(await startGitServer());
    const repository = await git.createRepository("app");
    await repository.commit({ files: { "0.yaml": settings("first") } });
    await startSource(plane, folder, stack);
    const first = await startContender("first", plane, folder, stack);
    await until("the first leads", () => holds(cluster, first));
    const second = await startContender("second", plane, folder, stack);
    for (
      const object of [
        gitRepository("default", "app", { url: repository.url, interval: "1s" }),
        kustomization("default", "app", { targetNamespace: "default" }),
      ]
    ) {
      const applied = await cluster.apply(object, { fieldManager: "test" });
      assert.ok(applied.ok, applied.ok ? "" : applied.message);
    }
    await until("the first applied", () => isApplied(cluster));

    // It happens in the middle of its writes.
    const commit = await repository.commit({ files: manySettings() });
    await holdInTheMiddle(cluster, first);
    await fault.begin(first);
    first.proxy.release();
    await until("the second leads", () => holds(cluster, second));
    const tookOverMs = Date.now();
    await until("the second finished", () => isApplied(cluster, commit));
    await fault.end(first);
    await until("the first gave up", async () => await countSaid("lost the lease", first) > 0);
    await new Promise((resolve) => setTimeout(resolve, LEASE_MS));

    assert.equal(await countSettings(cluster), MOST_OBJECTS + 1);
    assert.ok(first.isRunning());
    assert.deepEqual(await readWrites(plane, first, tookOverMs), []);
    assert.ok((await readWrites(plane, second, tookOverMs)).length > 0);

    // Who ends properly gives its leases back, and the first takes them again without a restart.
    await second.stop();
    // On a machine that is busy it may have lost them before.
    const hadIt = await countSaid("stopped leading", second) > 0;
    assert.ok(!hadIt || !await holds(cluster, second), "it kept its lease");
    await until("the first leads again", () => holds(cluster, first));
    const last = await repository.commit({ files: { "0.yaml": settings("last") } });
    await until("the first applied again", () => isApplied(cluster, last));
  });
}

Deno.test("no process ends while the API server is away, and one leads when it is back", async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "sluice-leadership-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const plane = await openPlane(stack);
  const cluster = await openAdmin(plane, stack);
  const first = await startContender("first", plane, folder, stack);
  await until("the first leads", () => holds(cluster, first));
  const second = await startContender("second", plane, folder, stack);
  const countLeaders = async () =>
    await countSaid("became leader", first, second) -
    await countSaid("lost the lease", first, second);
  await until("one says that it leads", async () => await countLeaders() === 1);

  await Promise.all([first.proxy.stop(), second.proxy.stop()]);
  await until("it gave up", async () => await countLeaders() === 0);
  await first.proxy.start();
  await second.proxy.start();

  await until("one leads", async () => await countLeaders() === 1);
  assert.deepEqual([first.isRunning(), second.isRunning()], [true, true]);
});

async function openPlane(stack: AsyncDisposableStack): Promise<ControlPlane> {
  const started = await startControlPlane({ audit: true });
  if (!started.ok) throw new Error(started.message);
  stack.use(started.value);
  const installed = await installCustomResources(started.value.kubectl);
  if (!installed.ok) throw new Error(installed.message);
  await kubectl(started.value, "create", "namespace", "flux-system");
  return started.value;
}

async function openAdmin(plane: ControlPlane, stack: AsyncDisposableStack): Promise<Cluster> {
  const { adminKubeconfig: kubeconfig } = plane;
  const opened = await openCluster({ kubeconfig, clock: systemClock });
  if (!opened.ok) throw new Error(opened.message);
  return stack.use(opened.value);
}

/** Artifacts are served from one place all the time, as by a Service. */
async function startSource(
  { kubeconfigPath }: ControlPlane,
  folder: string,
  stack: AsyncDisposableStack,
): Promise<void> {
  await Deno.mkdir(`${folder}/source`);
  const process = await startControllers({
    folder: `${folder}/source`,
    kubeconfigPath,
    logPath: `${folder}/source.log`,
    flags: ["--only=source"],
  });
  stack.defer(() => process.kill());
}

/** Starts the controllers as an account of their own, so that the audit log tells them apart. */
async function startContender(
  name: string,
  plane: ControlPlane,
  folder: string,
  stack: AsyncDisposableStack,
): Promise<Contender> {
  const user = `system:serviceaccount:flux-system:${name}`;
  await kubectl(plane, "--namespace=flux-system", "create", "serviceaccount", name);
  await kubectl(
    plane,
    "create",
    "clusterrolebinding",
    name,
    "--clusterrole=cluster-admin",
    `--user=${user}`,
  );
  const token = await kubectl(plane, "--namespace=flux-system", "create", "token", name);
  const kubeconfigPath = `${folder}/${name}.yaml`;
  const { hostname, port } = new URL(plane.server);
  const proxy = stack.use(new TcpProxy({ hostname, port: Number(port) }));
  const text = plane.adminKubeconfig
    .replace(/token: .*/, `token: ${token.trim()}`)
    .replace(/server: .*/, `server: https://127.0.0.1:${proxy.port}`);
  await Deno.writeTextFile(kubeconfigPath, text);
  await Deno.mkdir(`${folder}/${name}`);
  const logPath = `${folder}/${name}.log`;
  const process = await startControllers({
    folder: `${folder}/${name}`,
    kubeconfigPath,
    logPath,
    flags: [
      "--only=kustomize",
      "--enable-leader-election",
      `--leader-election-lease-duration=${LEASE_MS}ms`,
      `--leader-election-renew-deadline=${RENEW_MS}ms`,
      "--leader-election-retry-period=500ms",
      "--concurrent-ssa=2",
      "--log-level=debug",
    ],
  });
  stack.defer(() => process.kill());
  return {
    user,
    pid: process.pid,
    logPath,
    proxy,
    isRunning: () => process.running,
    // With all the time that it takes.
    async stop() {
      Deno.kill(process.pid, "SIGTERM");
      await process.ended;
    },
  };
}

/** Lets it come on in small steps; what it sends next waits until the proxy is released. */
async function holdInTheMiddle(cluster: Cluster, { proxy }: Contender): Promise<void> {
  let count = 0;
  await until("some of its objects are there", async () => {
    proxy.hold();
    count = await countSettings(cluster);
    if (count <= FIRST_OBJECTS) proxy.release();
    return count > FIRST_OBJECTS;
  });
  assert.ok(count < MOST_OBJECTS, `${count} objects`);
}

async function kubectl(plane: ControlPlane, ...args: string[]): Promise<string> {
  const printed = await plane.kubectl(args);
  if (!printed.ok) throw new Error(printed.message);
  return printed.value;
}

/** Its process holds the lease: identities carry the host, so the audit log says whose write it was. */
async function holds(cluster: Cluster, { logPath }: Contender): Promise<boolean> {
  const lease = await cluster.get(LEASE);
  const holder = lease.ok ? fieldOf(lease.value, "spec", "holderIdentity") : undefined;
  if (typeof holder !== "string" || holder === "") return false;
  return (await Deno.readTextFile(logPath)).includes(`"identity":"${holder}"`);
}

/** How often they said `message` in their logs. */
async function countSaid(message: string, ...contenders: readonly Contender[]): Promise<number> {
  let count = 0;
  for (const { logPath } of contenders) {
    const log = await Deno.readTextFile(logPath);
    count += log.split(`"msg":"${message}"`).length - 1;
  }
  return count;
}

async function isApplied(cluster: Cluster, commit = ""): Promise<boolean> {
  const object = await cluster.get(READY);
  const revision = object.ok ? fieldOf(object.value, "status", "lastAppliedRevision") : undefined;
  return typeof revision === "string" && revision.endsWith(commit);
}

async function countSettings(cluster: Cluster): Promise<number> {
  const listed = await cluster.list({ group: "", version: "v1", kind: "ConfigMap" }, {
    labelSelector: "kustomize.toolkit.fluxcd.io/name=app",
  });
  return listed.ok ? listed.value.items.length : 0;
}

/** What `user` changed since `sinceMs`, but for leases and events. */
async function readWrites(
  { auditLogPath = "" }: ControlPlane,
  { user }: Contender,
  sinceMs: number,
): Promise<string[]> {
  return completeLines(await Deno.readTextFile(auditLogPath)).flatMap((line) => {
    const entry = readAuditEntry(line);
    if (entry === undefined || entry.user !== user || isDryRun(entry)) return [];
    const { verb, uri, receivedAt } = entry;
    const isWrite = ["create", "update", "patch", "delete"].includes(verb) &&
      !/\/leases|\/events|selfsubject/.test(uri);
    return isWrite && Date.parse(receivedAt) >= sinceMs ? [`${verb} ${uri}`] : [];
  });
}

function manySettings(): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: MOST_OBJECTS }, (_, index) => [
      `${index + 1}.yaml`,
      settings(`settings-${index + 1}`),
    ]),
  );
}

function settings(name: string): string {
  return JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: {} });
}

function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  return untilSo(what, isSo, { limitMs: LIMIT_MS, againMs: 30 });
}
