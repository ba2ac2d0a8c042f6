/**
 * Logins that a docker configuration leaves to programs: they are never run, and never passed over in silence.
 *
 * @module
 */
import { cutText, fail, type Failure } from "../base/mod.ts";
import { fits, normalizeKey } from "./docker_key.ts";
import type { ImageName } from "./image_name.ts";

/** A docker configuration, as far as it is about logins. */
export interface DockerConfig {
  /** Entries by key. */
  readonly auths: Readonly<Record<string, unknown>>;
  /** `credHelpers`: names of programs by key. */
  readonly helpers: Readonly<Record<string, unknown>>;
  /** `credsStore`: the name of a program for all other keys. */
  readonly store: unknown;
}

const LONGEST_NAME = 64;

/**
 * Why the login for an image is out of reach: a helper has it, by the first configuration that says so. It is called for
 * only where no entry has the login itself.
 */
export function helperTrouble(
  configs: readonly DockerConfig[],
  image: ImageName,
): Failure | undefined {
  for (const config of configs) {
    const found = findHelper(config, image.canonical);
    if (found === undefined) continue;
    const program = cutText(`docker-credential-${found.helper}`, LONGEST_NAME);
    return fail(
      "NeedsHelper",
      `.dockerconfigjson: ${found.field} leaves the login for ${image.registry} to the program ` +
        `${program}, which is never run here: write the login to auths["${image.registry}"]`,
    );
  }
  return undefined;
}

function findHelper(
  { auths, helpers, store }: DockerConfig,
  canonical: string,
): { readonly field: string; readonly helper: string } | undefined {
  for (const [key, helper] of Object.entries(helpers)) {
    if (typeof helper === "string" && helper !== "" && fits(normalizeKey(key), canonical)) {
      return { field: `credHelpers["${key}"]`, helper };
    }
  }
  // Docker leaves an empty entry for each host whose login it gave to the store.
  const keys = Object.keys(auths);
  const isMeant = keys.length === 0 || keys.some((key) => fits(normalizeKey(key), canonical));
  const isStore = typeof store === "string" && store !== "";
  return isStore && isMeant ? { field: "credsStore", helper: store } : undefined;
}
