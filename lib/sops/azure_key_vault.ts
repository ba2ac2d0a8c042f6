/**
 * Data keys that are sealed with a key of an Azure Key Vault.
 *
 * @module
 */
import { fail, stringifyJson } from "../base/mod.ts";
import { askJson } from "../cloud/mod.ts";
import type { AzureLogin } from "./azure_credentials.ts";
import { bytesOf, type KeyServerOptions, parseServerUrl } from "./key_server.ts";
import type { OpenWith } from "./master_key.ts";

const API_VERSION = "7.4";
/** Where vaults are, in each of the clouds. A token must not go anywhere else, whatever a file in git names. */
const VAULTS =
  /^[a-z0-9-]+\.((?:vault\.azure|managedhsm\.azure)\.(?:net|cn)|(?:vault|managedhsm)\.usgovcloudapi\.net)$/;
const NAME = /^[A-Za-z0-9-]{1,127}$/;

/** Opens with whoever `login` makes us. */
export function openWithAzure(login: AzureLogin, options: KeyServerOptions): OpenWith<"azure"> {
  return async ({ vaultUrl, name, version, sealed }) => {
    const vault = parseServerUrl(vaultUrl, "vault_url");
    if (!vault.ok) return vault;
    const [, domain] = VAULTS.exec(vault.value.hostname) ?? [];
    if (domain === undefined || vault.value.protocol !== "https:" || vault.value.port !== "") {
      return fail("InvalidUrl", `${vault.value.host} is no host of Azure Key Vault`);
    }
    if (!NAME.test(name) || (version !== "" && !NAME.test(version))) {
      return fail("InvalidUrl", "its name or version is none of a key");
    }
    const token = await login(`https://${domain}/.default`);
    if (!token.ok) return token;
    const path = ["keys", name, ...(version === "" ? [] : [version]), "decrypt"].join("/");
    const url = new URL(`/${path}?api-version=${API_VERSION}`, vault.value).href;
    const question = {
      url,
      headers: { authorization: `Bearer ${token.value}`, "content-type": "application/json" },
      body: stringifyJson({ alg: "RSA-OAEP-256", value: sealed }),
      secrets: [token.value],
    };
    const answer = await askJson(question, options);
    return answer.ok ? bytesOf(answer.value, "value", url) : answer;
  };
}
