/**
 * Clusters of clouds: where one is, as its cloud says, and a token by which it knows an identity of that cloud.
 *
 * @module
 */
import { ExpiringCache, fail, ok, type Result } from "../base/mod.ts";
import type { CloudAccess, CloudLogins, CloudOptions } from "./access.ts";
import { AKS } from "./aks.ts";
import type { ClusterKind, ClusterPlace } from "./cluster_kind.ts";
import { EKS } from "./eks.ts";
import { GKE } from "./gke.ts";

/** Where a cluster is, and as whom it is asked. */
export interface ClusterLogin extends ClusterPlace {
  /** Good for some minutes at least; never to be logged. */
  readonly token: string;
}

/** Logs in to a cluster of a cloud. */
export type LogInToCluster = (
  cluster: CloudCluster,
  access: CloudAccess,
) => Promise<Result<ClusterLogin>>;

/** A cluster of a cloud, as somebody describes it. */
export interface CloudCluster {
  /** Whose it is. */
  readonly provider: "aws" | "azure" | "gcp";
  /** What its cloud calls it: an ARN, an ID, a path; may be empty where nothing has to be looked up. */
  readonly resource: string;
  /** Which of its addresses; the first where it is empty. */
  readonly address: string;
  /** Authorities that vouch for it, PEM; as the cloud says where it is empty. */
  readonly caCerts: string;
}

const KINDS: Readonly<Record<CloudCluster["provider"], ClusterKind>> = {
  aws: EKS,
  azure: AKS,
  gcp: GKE,
};
/** Addresses of clusters hardly ever change. */
const PLACE_MS = 20 * 60_000;

/** Logs in to clusters. */
export function openClusterLogins(
  logins: CloudLogins,
  options: CloudOptions,
): LogInToCluster {
  const places = new ExpiringCache<ClusterPlace>({ clock: options.clock });
  return async (cluster, access) => {
    const { provider, resource, address, caCerts } = cluster;
    const kind = KINDS[provider];
    // Whoever describes a cluster must not choose who gets the controller's own token: its cloud has to know the place.
    const isKnown = address !== "" && caCerts !== "" && access.account !== undefined;
    const [whole, ...parts] = kind.form.exec(resource) ?? [];
    if (whole === undefined && (kind.isAlwaysNamed || !isKnown)) {
      const why = `invalid ${kind.what}: '${resource}'. must match ${kind.form.source}`;
      return fail("NotConfigured", why);
    }
    const how = { logins, options, access };
    const place = isKnown
      ? knownPlace(address, caCerts)
      : await places.get(keyOf(cluster, access), async () => {
        const found = choose(cluster, kind, await kind.find(parts, how));
        return found.ok ? ok({ value: found.value, endMs: options.clock.now() + PLACE_MS }) : found;
      });
    if (!place.ok) return place;
    const token = await kind.token(parts, how);
    return token.ok ? ok({ ...place.value, token: token.value }) : token;
  };
}

function keyOf(cluster: CloudCluster, { account, audiences, proxy }: CloudAccess): string {
  const { namespace, name, annotations } = account ?? {};
  const decisive = [cluster, namespace, name, annotations, audiences, proxy];
  return JSON.stringify(decisive.map((part) => part ?? null));
}

function knownPlace(address: string, caCerts: string): Result<ClusterPlace> {
  const server = parseClusterAddress(address);
  return server === undefined ? badAddress(address) : ok({ server, caCerts });
}

/** The place that `address` names among those that the cloud knows. */
function choose(
  { resource, address, caCerts }: CloudCluster,
  { what }: ClusterKind,
  found: Result<readonly ClusterPlace[]>,
): Result<ClusterPlace> {
  if (!found.ok) return found;
  const places = found.value.flatMap((place) => {
    const server = parseClusterAddress(place.server);
    return server === undefined ? [] : [{ ...place, server }];
  });
  const wanted = address === "" ? places[0]?.server : parseClusterAddress(address);
  if (address !== "" && wanted === undefined) return badAddress(address);
  const place = places.find(({ server }) => server === wanted);
  if (place === undefined) {
    const known = places.map(({ server }) => `'${server}'`).join(", ");
    const why = address === "" ? "has no address" : `has not the address '${address}'`;
    return fail("NotConfigured", `${what} '${resource}' ${why}; it has [${known}]`);
  }
  return ok(caCerts === "" ? place : { ...place, caCerts });
}

function badAddress(address: string) {
  return fail("NotConfigured", `'${address}' is no https address of a cluster`);
}

/**
 * The address of an API server, without a slash at its end, or nothing when it is none: https, without user, query
 * and fragment. `https://` may be left out.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(parseClusterAddress("API.example:443"), "https://api.example");
 * assert.equal(parseClusterAddress("http://api.example"), undefined);
 * ```
 */
export function parseClusterAddress(text: string): string | undefined {
  const url = URL.parse(text.includes("://") ? text.trim() : `https://${text.trim()}`);
  if (url?.protocol !== "https:" || url.username !== "" || url.password !== "") return undefined;
  if (url.search !== "" || url.hash !== "") return undefined;
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}
