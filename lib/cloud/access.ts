/**
 * Who asks a cloud, and what a login gives.
 *
 * @module
 */
import type { Clock, Result } from "../base/mod.ts";
import type { HttpClient, ProxyOptions } from "../http/mod.ts";

/** A service account of the cluster, and what a cloud knows it by. */
export interface CloudAccount {
  /** Where it is. */
  readonly namespace: string;
  /** Its name. */
  readonly name: string;
  /** Its annotations: they name the identity at the cloud. */
  readonly annotations: Readonly<Record<string, string>>;
  /** The cluster's word for it, which `audience` alone takes. */
  requestToken(audience: string): Promise<Result<string>>;
}

/** Who asks a cloud, and how. */
export interface CloudAccess {
  /** Whom to log in as; the controller's own account, as its pod describes it, when absent. */
  readonly account?: CloudAccount;
  /** Who connects for us. */
  readonly proxy?: ProxyOptions;
}

/** What a login gives: kept by the giver until shortly before it ends, and never to be logged. */
export interface CloudToken {
  /** For the header `authorization: Bearer …`. */
  readonly token: string;
  /** Names whose token it is, while the token itself changes by the hour. */
  readonly holder: string;
}

/** Keys that sign requests to AWS for an hour; never to be logged. */
export interface AwsKeys {
  /** Names the keys. */
  readonly accessKeyId: string;
  /** Signs. */
  readonly secretAccessKey: string;
  /** Goes along with each request. */
  readonly sessionToken: string;
  /** Names whose keys they are, while the keys themselves change by the hour. */
  readonly holder: string;
}

/** What logins stand on. */
export interface CloudOptions {
  /** Asks the clouds. */
  readonly http: HttpClient;
  /** Decides how long tokens are good. */
  readonly clock: Clock;
  /** What the pod of the controller says of its account, in the variables of each cloud's own tools. */
  readonly env: (name: string) => string | undefined;
  /** Reads the cluster's word for the controller's account; throws when there is none. */
  readonly readFile: (path: string) => Promise<string>;
}
