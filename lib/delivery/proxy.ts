/**
 * Proxies out of Secrets (contract/common.md §14 "Shared secret key names").
 *
 * @module
 */
import { addressTrouble, fail, isAddress, ok, type Result } from "../base/mod.ts";
import type { ProxyOptions } from "../http/mod.ts";
import type { Cluster } from "../kube/mod.ts";
import { readSecret, type SecretData } from "./credentials.ts";

const MOST_LENGTH = 2048;

/**
 * The proxy that a Secret names: `address`, with `username` and `password` beside it or inside it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const data = new Map([["address", "http://proxy.example:3128"], ["username", "me"]]);
 * const proxy = { url: "http://proxy.example:3128/", username: "me" };
 * assert.deepEqual(readProxy(data, "ns/s"), { ok: true, value: proxy });
 * ```
 */
export function readProxy(data: SecretData, secretName: string): Result<ProxyOptions> {
  const address = data.get("address")?.trim() ?? "";
  const place = `invalid proxy secret '${secretName}': key 'address'`;
  if (address === "") return fail("InvalidProxy", `${place} is missing`);
  const url = address.length > MOST_LENGTH ? null : URL.parse(address);
  if (url === null || !/^(https?|socks5):$/.test(url.protocol) || url.hostname === "") {
    const wanted = `an address of at most ${MOST_LENGTH} characters`;
    return fail("InvalidProxy", `${place} must be ${wanted}: http://, https:// or socks5://`);
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const trouble = isAddress(host) ? addressTrouble(host) : undefined;
  if (trouble !== undefined) return fail("InvalidProxy", `${place} is ${trouble}`);
  const username = data.get("username") ?? decode(url.username);
  const password = data.get("password") ?? decode(url.password);
  url.username = "";
  url.password = "";
  return ok({ url: url.href, ...(username && { username }), ...(password && { password }) });
}

/** Reads the proxy that an object of `namespace` names; `undefined` where it names none. */
export async function readProxySecret(
  cluster: Cluster,
  namespace: string,
  reference: { readonly name: string } | undefined,
): Promise<Result<ProxyOptions | undefined>> {
  if (reference === undefined) return ok(undefined);
  const secretName = `${namespace}/${reference.name}`;
  const secret = await readSecret(cluster, namespace, reference.name);
  const proxy = secret.ok
    ? readProxy(secret.value, secretName)
    : fail(secret.code, `failed to get secret '${secretName}': ${secret.message}`);
  if (proxy.ok) return proxy;
  return fail(proxy.code, `failed to configure proxy options: ${proxy.message}`);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
