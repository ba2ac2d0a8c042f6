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
  /** The cluster's word for it, which `audience`, one or several, alone takes. */
  requestToken(audience: string | readonly string[]): Promise<Result<string>>;
}

/** Who asks a cloud, and how. */
export interface CloudAccess {
  /** Whom to log in as; the controller's own account, as its pod describes it, when absent. */
  readonly account?: CloudAccount;
  /** Who takes the cluster's word for `account`, where it is not whom the cloud usually wants. */
  readonly audiences?: readonly string[];
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

/** Logging in to clouds. */
export interface CloudLogins {
  /** A token of Microsoft Entra for `scope`: `https://vault.azure.net/.default`. */
  azureToken(scope: string, access: CloudAccess): Promise<Result<CloudToken>>;
  /** Keys of AWS, asked for in `region`. */
  awsKeys(region: string, access: CloudAccess): Promise<Result<AwsKeys>>;
  /** A token of Google for `scopes`, apart by a space: `https://www.googleapis.com/auth/cloudkms`. */
  googleToken(scopes: string, access: CloudAccess): Promise<Result<CloudToken>>;
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
