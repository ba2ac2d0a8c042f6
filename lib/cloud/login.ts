/**
 * What logging in to any cloud has in common: who somebody is there, the cluster's word for it, and what was given
 * is kept until shortly before it ends.
 *
 * @module
 */
import { type Expiring, ExpiringCache, fail, ok, type Result, sha256Hex } from "../base/mod.ts";
import type { HttpResponse } from "../http/mod.ts";
import type { CloudAccess, CloudAccount, CloudOptions } from "./access.ts";

/** Who somebody is at a cloud, in the cloud's own words: a tenant and a client, a role. */
export type CloudIdentity = Readonly<Record<string, string>>;

/** One cloud. */
export interface Cloud {
  /** Who must take the cluster's word, and nobody else. */
  readonly audience: string;
  /** The variable that says where the cluster's word for the controller is. */
  readonly wordFile: string;
  /** Who the controller is, by the variables of its pod. */
  ofController(env: CloudOptions["env"]): Result<CloudIdentity>;
  /** Who an account is, by its annotations. */
  ofAccount(account: CloudAccount): Result<CloudIdentity>;
}

/** What is asked of a cloud. */
export interface Exchange<T> {
  /** Who asks. */
  readonly access: CloudAccess;
  /** What for; with who asks it decides what may be given out again. */
  readonly purpose: string;
  /** Asks the cloud. */
  ask(identity: CloudIdentity, word: string): Promise<Result<Expiring<T>>>;
}

/** A projected token has some hundred bytes. */
const MOST_WORD = 16_384;
const LIMITS = { timeoutMs: 30_000, maxBytes: 1 << 20, retries: 1 } as const;

/** Logs in to one cloud; gives the holder's name along. Failures have Flux's words. */
export function keepLogins<T>(
  cloud: Cloud,
  options: CloudOptions,
): (exchange: Exchange<T>) => Promise<Result<T & { readonly holder: string }>> {
  const kept = new ExpiringCache<T>({ clock: options.clock });
  return async ({ access, purpose, ask }) => {
    const identity = identify(cloud, access, options);
    if (!identity.ok) return identity;
    const { account: { namespace, name } = {}, proxy } = access;
    const decisive = [cloud.audience, identity.value, purpose, namespace, name, proxy];
    const holder = sha256Hex(JSON.stringify(decisive.map((part) => part ?? null)));
    const got = await kept.get(holder, async () => {
      const word = await readWord(cloud, access, options);
      return word.ok ? prefixed(exchangeOf(access), await ask(identity.value, word.value)) : word;
    });
    return got.ok ? ok({ ...got.value, holder }) : got;
  };
}

function identify(
  cloud: Cloud,
  { account }: CloudAccess,
  { env }: CloudOptions,
): Result<CloudIdentity> {
  if (account === undefined) return prefixed(exchangeOf({}), cloud.ofController(env));
  const prefix = `failed to get provider identity from ${nameOf(account)} annotations: `;
  return prefixed(prefix, cloud.ofAccount(account));
}

async function readWord(
  { audience, wordFile }: Cloud,
  { account }: CloudAccess,
  { env, readFile }: CloudOptions,
): Promise<Result<string>> {
  if (account !== undefined) {
    const prefix = `failed to create kubernetes token for ${nameOf(account)}: `;
    return prefixed(prefix, await account.requestToken(audience));
  }
  try {
    const word = (await readFile(env(wordFile) ?? "")).trim();
    if (word !== "" && word.length <= MOST_WORD) return ok(word);
  } catch (thrown) {
    const why = `${exchangeOf({})}the file that ${wordFile} names cannot be read`;
    return fail("Unreadable", why, thrown);
  }
  return fail("InvalidData", `${exchangeOf({})}the file that ${wordFile} names holds no token`);
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

/** Sends a form. */
export function postForm(
  { http }: CloudOptions,
  url: string,
  form: Readonly<Record<string, string>>,
  { proxy }: CloudAccess,
): Promise<Result<HttpResponse>> {
  return http.fetch({
    url,
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(form).toString(),
    ...LIMITS,
    ...(proxy && { proxy }),
  });
}
