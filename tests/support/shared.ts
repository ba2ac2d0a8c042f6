/**
 * The data beside the checkout: conformance cases and real inputs.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../shared", import.meta.url));

/** Folder `path` of the shared data. */
export function sharedPath(path: string): string {
  return `${ROOT}/${path}`;
}

/** True where a test must be skipped for want of the data; a failure under CI, where it must be there. */
export function lacksShared(): boolean {
  try {
    Deno.statSync(ROOT);
    return false;
  } catch {
    if (Deno.env.get("CI") === "true") throw new Error("../shared is missing");
    return true;
  }
}
