/**
 * Paths: inside a tree, and the ones a person types.
 *
 * @module
 */

/**
 * Joins `path` to `root` the way a chroot would: `..` never leaves the root (as Flux joins `spec.path`).
 * The answer is relative, `/`-separated, without `.` and `..`; the root itself is the empty string.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(joinInside("apps", "../../etc"), "etc");
 * assert.equal(joinInside("", "./a//b/"), "a/b");
 * ```
 */
export function joinInside(root: string, path: string): string {
  const parts: string[] = [];
  for (const part of `${root}/${path}`.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return parts.join("/");
}

/** Joins like {@linkcode joinInside}, but a path that would leave the tree is `undefined`. */
export function joinWithin(folder: string, path: string): string | undefined {
  const parts = folder === "" ? [] : folder.split("/");
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join("/");
}

/**
 * A path argument as its caller meant it: `deno task` runs in the project's folder and leaves the
 * caller's in `INIT_CWD`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(resolveCallerPath("apps", "/home/me"), "/home/me/apps");
 * assert.equal(resolveCallerPath("/apps", "/home/me"), "/apps");
 * ```
 */
export function resolveCallerPath(path: string, callerFolder?: string): string {
  // A program that is given absolute paths only needs no permission to look at its environment.
  if (path.startsWith("/")) return path;
  const folder = callerFolder ?? Deno.env.get("INIT_CWD") ?? Deno.cwd();
  return `/${joinInside(folder, path)}`;
}

/**
 * Program arguments without the one leading `--` that `deno task X -- A` hands on.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(taskArguments(["--", "a", "--", "b"]), ["a", "--", "b"]);
 * ```
 */
export function taskArguments(args: readonly string[]): readonly string[] {
  return args[0] === "--" ? args.slice(1) : args;
}
