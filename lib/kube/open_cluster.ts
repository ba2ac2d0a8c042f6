/**
 * Opens a real cluster.
 *
 * @module
 */
import {
  type Clock,
  fail,
  messageOf,
  ok,
  type Random,
  type Result,
  systemClock,
} from "../base/mod.ts";
import { ApiCluster } from "./client.ts";
import type { Cluster } from "./cluster.ts";
import { Discovery } from "./discovery.ts";
import { type Access, type ReadFile, readKubeconfig, readPodAccess } from "./kubeconfig.ts";
import { type Fetch, type HttpClientOptions, Transport } from "./transport.ts";

/** How a cluster is opened. */
export interface OpenClusterOptions {
  /** A kubeconfig's text. Without one: as a program in a pod, from `env` and `readFile`. */
  kubeconfig?: string;
  /** Says how the server is reached, in place of a kubeconfig; asked again as credentials run out. */
  access?: () => Promise<Result<Access>>;
  /** A context of the kubeconfig; its `current-context` when absent. */
  context?: string;
  /**
   * Reads files that the kubeconfig, or a pod, keeps credentials in; they are read anew as they rotate.
   * Leave it out for kubeconfigs of tenants: one that names a file is refused then.
   */
  readFile?: ReadFile;
  /** Reads the environment of a pod. */
  env?: (name: string) => string | undefined;
  /** Time; the machine's when absent. */
  clock?: Clock;
  /** Chance, for back-offs. */
  random?: Random;
  /** Sends requests; `fetch` when absent. */
  fetch?: Fetch;
  /** Makes connection pools; `Deno.createHttpClient` when absent. */
  createHttpClient?: (options: HttpClientOptions) => Deno.HttpClient;
  /** Most requests at once, watches apart; 32 when absent. */
  maxInFlight?: number;
  /** For one request with its whole answer; 30 s when absent. */
  timeoutMs?: number;
  /** Longest silence of a watch; 75 s when absent, longer than the minute between two bookmarks. */
  watchIdleMs?: number;
  /** How long a local copy goes on by watches alone before it is listed again; an hour when absent. */
  relistMs?: number;
  /** Largest answer, such as a page of 500 objects; 256 MiB when absent. */
  maxBodyBytes?: number;
  /** Most bytes of all pages of a list, and of what a watch brings until it is listed anew; no limit when absent. */
  maxListBytes?: number;
  /** How long all requests fail at once after the server answered nobody within the time; not at all when absent. */
  restMs?: number;
  /** Told of trouble that no caller hears of. */
  log?: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/**
 * Opens a cluster; the first request connects. Fails on a kubeconfig that cannot be used, by the codes of
 * `readKubeconfig` and `readPodAccess`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const cluster = await openCluster({ kubeconfig: "{}" });
 * assert.equal(cluster.ok, false);
 * ```
 */
export async function openCluster(options: OpenClusterOptions = {}): Promise<Result<Cluster>> {
  const load = () => readAccess(options);
  const access = await load();
  if (!access.ok) return access;
  const { clock = systemClock, random = Math.random, log = () => {} } = options;
  const transport = createTransport(options, access.value, load);
  if (!transport.ok) return transport;
  return ok(
    new ApiCluster({
      transport: transport.value,
      discovery: new Discovery(transport.value, clock),
      clock,
      random,
      log,
      watchIdleMs: options.watchIdleMs ?? 75_000,
      relistMs: options.relistMs ?? 60 * 60_000,
      ...(options.maxListBytes !== undefined && { maxListBytes: options.maxListBytes }),
      informers: new Set(),
    }),
  );
}

function readAccess(options: OpenClusterOptions): Promise<Result<Access>> {
  const { kubeconfig, context, readFile, env, access } = options;
  if (access !== undefined) return access();
  if (kubeconfig !== undefined) {
    return readKubeconfig(kubeconfig, {
      ...(context === undefined ? {} : { context }),
      ...(readFile === undefined ? {} : { readFile }),
    });
  }
  return readPodAccess(
    env ?? ((name) => Deno.env.get(name)),
    readFile ?? ((path) => Deno.readTextFile(path)),
  );
}

function createTransport(
  options: OpenClusterOptions,
  access: Access,
  load: () => Promise<Result<Access>>,
): Result<Transport> {
  const isRotating = options.kubeconfig === undefined || options.readFile !== undefined;
  try {
    return ok(
      new Transport({
        access,
        ...(isRotating ? { reload: load } : {}),
        clock: options.clock ?? systemClock,
        fetch: options.fetch ?? ((url, init) => fetch(url, init)),
        createHttpClient: options.createHttpClient ?? createPool,
        maxInFlight: options.maxInFlight ?? 32,
        timeoutMs: options.timeoutMs ?? 30_000,
        maxBodyBytes: options.maxBodyBytes ?? 256 << 20,
        ...(options.restMs !== undefined && { restMs: options.restMs }),
        log: options.log ?? (() => {}),
      }),
    );
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotCapable) {
      const why = `This process may not reach the proxy of ${access.server}: ${messageOf(thrown)}`;
      return fail("NotPermitted", why, thrown);
    }
    return fail(
      "InvalidKubeconfig",
      `Cannot use the certificates for ${access.server}: ${messageOf(thrown)}`,
      thrown,
    );
  }
}

function createPool(options: HttpClientOptions): Deno.HttpClient {
  const { cert, key, ...rest } = options;
  return cert !== undefined && key !== undefined
    ? Deno.createHttpClient({ ...rest, cert, key })
    : Deno.createHttpClient(rest);
}
