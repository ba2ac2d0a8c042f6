/**
 * Data keys that are sealed with the transit engine of HashiCorp Vault or OpenBao.
 *
 * @module
 */
import { fail, isRecord, stringifyJson } from "../base/mod.ts";
import { askJson } from "../cloud/mod.ts";
import { bytesOf, type KeyServerOptions } from "./key_server.ts";
import type { OpenWith } from "./master_key.ts";
import { plainPath, vaultHeaders, type VaultLogin, vaultUrl } from "./vault_login.ts";

/** Opens with whoever `login` makes us. */
export function openWithVault(login: VaultLogin, options: KeyServerOptions): OpenWith<"vault"> {
  return async ({ address, enginePath, keyName, sealed }) => {
    const path = plainPath(`${enginePath.replace(/\/+$/, "")}/decrypt/${keyName}`);
    if (path === undefined) {
      return fail("InvalidUrl", "its engine_path or key_name is no plain path");
    }
    const url = vaultUrl(address, path);
    if (!url.ok) return url;
    const token = await login(address);
    if (!token.ok) return token;
    const question = {
      url: url.value,
      headers: { ...vaultHeaders(options), "x-vault-token": token.value },
      body: stringifyJson({ ciphertext: sealed }),
      secrets: [token.value],
    };
    const answer = await askJson(question, options);
    if (!answer.ok) return answer;
    const { data } = answer.value;
    return bytesOf(isRecord(data) ? data : {}, "plaintext", url.value);
  };
}
