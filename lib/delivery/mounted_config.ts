/**
 * The docker configuration that the controller's pod was given, for every object that has no login of its own.
 *
 * @module
 */
import { fail, ok, type Result } from "../base/mod.ts";
import { findLogin, type RegistryLogin } from "../oci/mod.ts";

/** The pod, as far as it matters here. */
export interface PodFiles {
  /** Its variables. */
  readonly env: (name: string) => string | undefined;
  /** Reads a file; throws when it cannot. */
  readonly readFile: (path: string) => Promise<string>;
}

const VARIABLE = "DOCKER_CONFIG";

/**
 * The text of `config.json` in the folder that `DOCKER_CONFIG` names, as docker's own tools find it; nothing where the
 * variable is not set. It is read each time: a mounted Secret changes under its path.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const pod = {
 *   env: (name: string) => name === "DOCKER_CONFIG" ? "/docker" : undefined,
 *   readFile: async (path: string) => path === "/docker/config.json" ? "{}" : Promise.reject(path),
 * };
 * assert.deepEqual(await readMountedConfig(pod), { ok: true, value: "{}" });
 * ```
 */
export async function readMountedConfig(
  { env, readFile }: PodFiles,
): Promise<Result<string | undefined>> {
  const folder = env(VARIABLE) ?? "";
  if (folder === "") return ok(undefined);
  try {
    return ok(await readFile(`${folder.replace(/\/+$/, "")}/config.json`));
  } catch (thrown) {
    return fail("Unreadable", `config.json in the folder of ${VARIABLE} cannot be read`, thrown);
  }
}

/** The login for `image`'s registry in the text that `readConfig` gives; a failure names the variable. */
export async function findMountedLogin(
  readConfig: () => Promise<Result<string | undefined>>,
  image: string,
): Promise<Result<RegistryLogin | undefined>> {
  const mounted = await readConfig();
  if (!mounted.ok || mounted.value === undefined) return mounted.ok ? ok(undefined) : mounted;
  const login = findLogin(mounted.value, image);
  return login.ok ? login : fail(login.code, `${VARIABLE}: ${login.message}`);
}
