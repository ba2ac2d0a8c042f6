/**
 * What clusters of each cloud have in common.
 *
 * @module
 */
import { decodeBase64, fail, ok, type Result } from "../base/mod.ts";
import type { CloudAccess, CloudLogins, CloudOptions } from "./access.ts";

/** Where a cluster is. */
export interface ClusterPlace {
  /** `https://HOST:PORT`, without a slash at its end. */
  readonly server: string;
  /** Authorities that vouch for it, PEM. */
  readonly caCerts: string;
}

/** Who asks, and with what. */
export interface ClusterParts {
  /** Logs in to clouds. */
  readonly logins: CloudLogins;
  /** What logins stand on. */
  readonly options: CloudOptions;
  /** Whose identity. */
  readonly access: CloudAccess;
}

/** Clusters of one cloud. */
export interface ClusterKind {
  /** What names a cluster. */
  readonly form: RegExp;
  /** What such a name is called. */
  readonly what: string;
  /** Whether a token takes the name even where the place is known. */
  readonly isAlwaysNamed: boolean;
  /** Where a cluster may be reached, the usual address first; `parts` is what `form` found. */
  find(parts: readonly string[], how: ClusterParts): Promise<Result<readonly ClusterPlace[]>>;
  /** A token for it; the same one for minutes, as a new one makes new connections. */
  token(parts: readonly string[], how: ClusterParts): Promise<Result<string>>;
}

/** The place that an answer of `url` tells, whose authority is in base64. */
export function placeOf(url: string, server: unknown, authority: unknown): Result<ClusterPlace> {
  const pem = typeof authority === "string" ? decodeBase64(authority) : undefined;
  if (typeof server !== "string" || server === "" || pem === undefined) {
    return fail("InvalidData", `${url} answered without an address and its authority`);
  }
  return ok({ server, caCerts: new TextDecoder().decode(pem) });
}
