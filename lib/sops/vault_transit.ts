/**
 * Data keys that are sealed with the transit engine of HashiCorp Vault or OpenBao.
 *
 * @module
 */
import { fail, isRecord, stringifyJson } from "../base/mod.ts";
import { askJson } from "../cloud/mod.ts";
import { bytesOf, type KeyServerOptions, parseServerUrl } from "./key_server.ts";
import type { OpenWith } from "./master_key.ts";

/** A path of a few names, none of which leads upwards. */
const PATH = /^[\w.-]+(?:\/[\w.-]+)*$/;

/** Opens with a token. */
export function openWithVault(token: string, options: KeyServerOptions): OpenWith<"vault"> {
  return async ({ address, enginePath, keyName, sealed }) => {
    const server = parseServerUrl(address, "vault_address");
    if (!server.ok) return server;
    const path = `${enginePath.replace(/^\/+|\/+$/g, "")}/decrypt/${keyName}`;
    if (!PATH.test(path) || path.split("/").some((name) => /^\.+$/.test(name))) {
      return fail("InvalidUrl", "its engine_path or key_name is no plain path");
    }
    const base = server.value.pathname.replace(/\/+$/, "");
    const url = `${server.value.origin}${base}/v1/${path}`;
    const namespace = options.env("VAULT_NAMESPACE");
    const question = {
      url,
      headers: {
        "x-vault-token": token,
        "x-vault-request": "true",
        "content-type": "application/json",
        ...(namespace && { "x-vault-namespace": namespace }),
      },
      body: stringifyJson({ ciphertext: sealed }),
      secrets: [token],
    };
    const answer = await askJson(question, options);
    if (!answer.ok) return answer;
    const { data } = answer.value;
    return bytesOf(isRecord(data) ? data : {}, "plaintext", url);
  };
}
