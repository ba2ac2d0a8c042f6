/**
 * What a test needs installed: a named skip where it is missing, a failure in CI.
 *
 * @module
 */

/**
 * Whether `program` is missing, for `ignore` of a test. With `CI=true` nothing may be missing, and this
 * throws instead.
 */
export function lacks(program: string, remedy: string): boolean {
  const path = (Deno.env.get("PATH") ?? "").split(":");
  // sshd is in a folder that ordinary users do not have on PATH.
  if ([...path, "/usr/sbin", "/usr/local/sbin"].some((folder) => isFile(`${folder}/${program}`))) {
    return false;
  }
  if (Deno.env.get("CI") === "true") throw new Error(`${program} is missing: ${remedy}`);
  return true;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
