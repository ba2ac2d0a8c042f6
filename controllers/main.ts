/**
 * Runs the toolkit's components in one process, or those that `--only` names (design D16).
 *
 * @module
 */
import {
  fail,
  messageOf,
  ok,
  resolveCallerPath,
  type Result,
  systemClock,
  taskArguments,
} from "../lib/base/mod.ts";
import { type Cluster, openCluster } from "../lib/kube/mod.ts";
import {
  checkFeatureGates,
  type Component,
  type ComponentDeps,
  createLogger,
  flagHelp,
  FLAGS,
  type FlagValues,
  listenForStop,
  type Logger,
  openEvents,
  openMetrics,
  type ParsedFlags,
  readFlags,
  serveHealth,
  serveMetrics,
  untilEnded,
  valuesFor,
} from "../lib/runtime/mod.ts";
import { startImageAutomation } from "./image_automation/main.ts";
import { startImageReflector } from "./image_reflector/main.ts";
import { startKustomize } from "./kustomize/main.ts";
import { startAlone } from "./coexistence.ts";
import { type ComponentEntry, type Start, startElected } from "./leadership.ts";
import { startSource } from "./source/main.ts";
import { unsupportedFlag } from "./unsupported_flags.ts";

type Flags = FlagValues<typeof FLAGS>;
type Parsed = ParsedFlags<typeof FLAGS>;

const COMPONENTS: Readonly<Record<string, ComponentEntry>> = {
  "source": { start: startSource, controller: "source-controller", serves: true },
  "kustomize": { start: startKustomize, controller: "kustomize-controller" },
  "image-reflector": { start: startImageReflector, controller: "image-reflector-controller" },
  "image-automation": { start: startImageAutomation, controller: "image-automation-controller" },
};

const HELP = `Runs Sluice's controllers.

Usage: deno task run [--only source,kustomize] [--kubeconfig FILE] [--storage-path FOLDER] [FLAG ...]

Examples:
  deno task run --kubeconfig ~/.kube/config --storage-path /tmp/sluice
  deno task run --only source,kustomize --kubeconfig kubeconfig --storage-path /tmp/sluice
  deno task run --config flags.yaml --log-level debug
  SLUICE_LOG_LEVEL=debug deno task run --config flags.yaml

A flag is taken from the command line, else from its environment variable (--log-level: SLUICE_LOG_LEVEL),
else from the file of --config, else it has its default.

`;

/** Time that the last events get. */
const LAST_EVENTS_MS = 2_000;

async function main(args: readonly string[]): Promise<number> {
  const parsed = await readFlags(FLAGS, taskArguments(args), {
    env: (name) => Deno.env.get(name),
    readFile: (path) => Deno.readTextFile(resolveCallerPath(path)),
  });
  if (!parsed.ok) return complain(parsed.message);
  if (parsed.value.help) {
    print(Deno.stdout, `${HELP}${flagHelp(FLAGS)}`);
    return 0;
  }
  const refused = unsupportedFlag(FLAGS, parsed.value, Object.keys(COMPONENTS));
  if (refused !== undefined) return complain(refused);
  const gates = checkFeatureGates(parsed.value.values["feature-gates"]);
  if (!gates.ok) return complain(gates.message);
  return await run(parsed.value);
}

async function run(parsed: Parsed): Promise<number> {
  const flags = parsed.values;
  const names = flags.only.length === 0 ? Object.keys(COMPONENTS) : flags.only;
  const unknown = names.find((name) => !Object.hasOwn(COMPONENTS, name));
  if (unknown !== undefined) {
    return complain(
      `--only: no component "${unknown}"; there are ${Object.keys(COMPONENTS).join(", ")}`,
    );
  }
  const log = createLogger({
    write: (line) => print(Deno.stderr, `${line}\n`),
    clock: systemClock,
    level: logLevelOf(flags),
    encoding: flags["log-encoding"] === "console" ? "console" : "json",
  });
  using stop = listenForStop();
  const cluster = await reachCluster(flags, log);
  if (!cluster.ok) return complain(cluster.message);
  await using opened = cluster.value;

  const metrics = openMetrics();
  await using events = openEvents({
    cluster: opened,
    clock: systemClock,
    log,
    metrics,
    instance: Deno.hostname(),
    address: flags["events-addr"],
  });
  const runtimeNamespace = Deno.env.get("RUNTIME_NAMESPACE") ?? "flux-system";
  const deps: ComponentDeps = {
    cluster: opened,
    clock: systemClock,
    random: Math.random,
    log,
    events,
    metrics,
    flags,
    runtimeNamespace,
    backoff: { minMs: flags["min-retry-delay"], maxMs: flags["max-retry-delay"] },
    ...(!flags["watch-all-namespaces"] && { namespaces: [runtimeNamespace] }),
    ...(flags["watch-label-selector"] !== "" && { labelSelector: flags["watch-label-selector"] }),
  };
  const running = await startAll(names, deps, parsed);
  if (!running.ok) return complain(running.message);
  await using servers = new AsyncDisposableStack();
  const ports: Record<string, number> = {};
  for (const [name, server] of openServers(flags, deps, running.value)) {
    if (!server.ok) return complain(server.message);
    ports[name] = servers.use(server.value).port;
  }
  log.info("started", { components: names, cluster: opened.server, ...ports });
  await untilStopped(stop.gracefully);
  log.info("stopping");
  await untilEnded(stopAll(running.value), {
    clock: systemClock,
    limitMs: flags["graceful-shutdown-timeout"],
    now: stop.now,
  });
  await events.flush(LAST_EVENTS_MS);
  return 0;
}

async function reachCluster(flags: Flags, log: Logger): Promise<Result<Cluster>> {
  const common = {
    clock: systemClock,
    readFile: (path: string) => Deno.readTextFile(path),
    log: (message: string, fields: Readonly<Record<string, unknown>>) => log.info(message, fields),
  };
  const path = flags.kubeconfig;
  if (path === "") return await openCluster({ ...common, env: (name) => Deno.env.get(name) });
  try {
    const kubeconfig = await Deno.readTextFile(resolveCallerPath(path));
    return await openCluster({ ...common, kubeconfig });
  } catch (error) {
    return fail("InvalidFlag", `--kubeconfig: cannot read ${path}: ${messageOf(error)}`, error);
  }
}

async function startAll(
  names: readonly string[],
  deps: ComponentDeps,
  parsed: Parsed,
): Promise<Result<readonly Component[]>> {
  const running: Component[] = [];
  for (const name of names) {
    const entry = COMPONENTS[name];
    if (entry === undefined) continue;
    const own = { ...deps, flags: valuesFor(name, FLAGS, parsed) };
    const start: Start = parsed.values["enable-leader-election"]
      ? (deps) => ok(startElected(name, entry, deps))
      : entry.start;
    const started = await startAlone(name, { start, controller: entry.controller }, own);
    if (!started.ok) {
      await stopAll(running);
      return started;
    }
    running.push(started.value);
  }
  return ok(running);
}

async function stopAll(components: readonly Component[]): Promise<void> {
  await Promise.all(components.map((component) => component[Symbol.asyncDispose]()));
}

function openServers(
  flags: Flags,
  { metrics }: ComponentDeps,
  components: readonly Component[],
): [name: string, server: ReturnType<typeof serveHealth>][] {
  const servers: ReturnType<typeof openServers> = [];
  const ready = (): string | undefined => {
    for (const component of components) {
      const trouble = component.ready();
      if (trouble !== undefined) return `${component.name}: ${trouble}`;
    }
    return undefined;
  };
  if (flags["health-addr"] !== "") {
    const health = serveHealth(flags["health-addr"], { live: () => undefined, ready });
    servers.push(["health", health]);
  }
  if (flags["metrics-addr"] !== "") {
    servers.push(["metrics", serveMetrics(flags["metrics-addr"], metrics)]);
  }
  return servers;
}

function logLevelOf(flags: Flags): "trace" | "debug" | "info" | "error" {
  const level = flags["log-level"];
  return level === "trace" || level === "debug" || level === "error" ? level : "info";
}

function untilStopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function complain(message: string): number {
  print(Deno.stderr, `sluice: ${message}\n`);
  return 2;
}

function print(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) {
    written += stream.writeSync(bytes.subarray(written));
  }
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);
