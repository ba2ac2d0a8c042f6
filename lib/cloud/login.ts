/**
 * What logging in to any cloud has in common: who somebody is there, the cluster's word for it, and what was given
 * is kept until shortly before it ends.
 *
 * @module
 */
import { type Expiring, ExpiringCache, fail, ok, type Result, sha256Hex } from "../base/mod.ts";
import type { CloudAccess, CloudAccount, CloudOptions } from "./access.ts";

/** Who somebody is at a cloud, in the cloud's own words: a tenant and a client, a role. */
export type CloudIdentity = Readonly<Record<string, string>>;

/** Who the controller is, and where the cluster's word for it is. */
export interface ControllerIdentity {
  /** Who it is at the cloud. */
  readonly identity: CloudIdentity;
  /** The file with the word. */
  readonly wordPath: string;
  /** What names the file, as the path itself is in no message. */
  readonly namedBy: string;
}

/** What is asked of a cloud. */
export interface Exchange {
  /** Who asks. */
  readonly identity: CloudIdentity;
  /** The cluster's word for it. */
  readonly word: string;
  /** What for: a scope, a region. */
  readonly purpose: string;
  /** Who asks, and how. */
  readonly access: CloudAccess;
}

/** One cloud. */
export interface Cloud<T> {
  /** Its name, as in `spec.provider`. */
  readonly name: string;
  /** Who the controller is, by the variables of its pod. */
  ofController(
    options: CloudOptions,
  ): Result<ControllerIdentity> | Promise<Result<ControllerIdentity>>;
  /** Who an account is, by its annotations. */
  ofAccount(account: CloudAccount): Result<CloudIdentity>;
  /** Who must take the cluster's word for an account, and nobody else. */
  audienceOf(
    identity: CloudIdentity,
    account: CloudAccount,
  ): Result<string> | Promise<Result<string>>;
  /** Asks the cloud. */
  exchange(exchange: Exchange, options: CloudOptions): Promise<Result<Expiring<T>>>;
}

/** Gives what a cloud gives for a purpose, and the holder's name along. Failures have Flux's words. */
export type LogIn<T> = (
  purpose: string,
  access: CloudAccess,
) => Promise<Result<T & { readonly holder: string }>>;

/** A projected token has some hundred bytes. */
const MOST_WORD = 16_384;

/** Logs in to one cloud. */
export function openLogin<T>(cloud: Cloud<T>, options: CloudOptions): LogIn<T> {
  const kept = new ExpiringCache<T>({ clock: options.clock });
  return async (purpose, access) => {
    const found = await identify(cloud, access, options);
    if (!found.ok) return found;
    const { identity } = found.value;
    const { account: { namespace, name } = {}, audiences, proxy } = access;
    const decisive = [cloud.name, identity, purpose, namespace, name, audiences, proxy];
    const holder = sha256Hex(JSON.stringify(decisive.map((part) => part ?? null)));
    const got = await kept.get(holder, async () => {
      const word = await readWord(cloud, found.value, access, options);
      if (!word.ok) return word;
      const exchange = { identity, word: word.value, purpose, access };
      return prefixed(exchangeOf(access), await cloud.exchange(exchange, options));
    });
    return got.ok ? ok({ ...got.value, holder }) : got;
  };
}

/** Without a path: the word for an account is asked of the cluster. */
type Found = Pick<ControllerIdentity, "identity"> & Partial<ControllerIdentity>;

async function identify<T>(
  cloud: Cloud<T>,
  { account }: CloudAccess,
  options: CloudOptions,
): Promise<Result<Found>> {
  if (account === undefined) return prefixed(exchangeOf({}), await cloud.ofController(options));
  const identity = cloud.ofAccount(account);
  const prefix = `failed to get provider identity from ${nameOf(account)} annotations: `;
  return identity.ok ? ok({ identity: identity.value }) : prefixed(prefix, identity);
}

async function readWord<T>(
  cloud: Cloud<T>,
  { identity, wordPath = "", namedBy }: Found,
  { account, audiences }: CloudAccess,
  { readFile }: CloudOptions,
): Promise<Result<string>> {
  if (account !== undefined) {
    const prefix = `failed to create kubernetes token for ${nameOf(account)}: `;
    const audience = audiences ? ok(audiences) : await cloud.audienceOf(identity, account);
    if (!audience.ok) return prefixed(prefix, audience);
    return prefixed(prefix, await account.requestToken(audience.value));
  }
  try {
    const word = (await readFile(wordPath)).trim();
    if (word !== "" && word.length <= MOST_WORD) return ok(word);
  } catch (thrown) {
    const why = `${exchangeOf({})}the file that ${namedBy} names cannot be read`;
    return fail("Unreadable", why, thrown);
  }
  return fail("InvalidData", `${exchangeOf({})}the file that ${namedBy} names holds no token`);
}

function exchangeOf({ account }: CloudAccess): string {
  const whom = account === undefined ? "the controller" : nameOf(account);
  return `failed to create provider access token for ${whom}: `;
}

function nameOf({ namespace, name }: CloudAccount): string {
  return `service account '${namespace}/${name}'`;
}

function prefixed<T>(prefix: string, result: Result<T>): Result<T> {
  return result.ok ? result : fail(result.code, `${prefix}${result.message}`, result.cause);
}

/** The variables of a pod that must be there, by name. */
export function requireVariables(
  env: CloudOptions["env"],
  names: readonly string[],
  remedy: string,
): Result<readonly string[]> {
  const values = names.map((name) => env(name) ?? "");
  const missing = names.find((_, at) => values[at] === "");
  return missing === undefined
    ? ok(values)
    : fail("NotConfigured", `${missing} is not set: ${remedy}`);
}

/** The beginning of an endpoint's address, without a slash at its end: what a variable says, or else `usual`. */
export function endpointOf(
  env: CloudOptions["env"],
  variable: string,
  usual: string,
): Result<string> {
  const url = URL.parse(env(variable) || usual);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return fail("NotConfigured", `${variable} is no http or https URL`);
  }
  return ok(`${url.origin}${url.pathname}`.replace(/\/+$/, ""));
}
