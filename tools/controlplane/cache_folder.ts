/**
 * The folder that keeps what took minutes to build.
 *
 * @module
 */
import { ok, type Result } from "../../lib/base/mod.ts";

/** Where this user's caches live, by the custom of the system. */
export function cacheFolder(
  env: (name: string) => string | undefined = (name) => Deno.env.get(name),
  os: string = Deno.build.os,
): string {
  const named = env("XDG_CACHE_HOME");
  // The XDG specification: a relative path counts as unset.
  if (named?.startsWith("/")) return `${named}/sluice`;
  const home = env("HOME") ?? "/tmp";
  return os === "darwin" ? `${home}/Library/Caches/sluice` : `${home}/.cache/sluice`;
}

/** True when `path` is there. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}

const POLL_MS = 200;

/**
 * Runs `step` while no other process does with the same lock file. The lock is the kernel's: it goes
 * with its holder, so it is never stale.
 */
export async function withLock<T>(
  path: string,
  onWait: () => void,
  step: () => Promise<T>,
): Promise<T> {
  using file = await Deno.open(path, { create: true, write: true });
  let told = false;
  // Asking again and again instead of blocking keeps signals and timers working.
  while (!await file.tryLock(true)) {
    if (!told) onWait();
    told = true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return await step();
}

/**
 * Makes folder `target` by `fill`, all of it or nothing: it is filled under another name and renamed
 * when `fill` succeeds. The caller holds the lock.
 */
export async function installFolder(
  target: string,
  fill: (folder: string) => Promise<Result<unknown>>,
): Promise<Result<string>> {
  const draft = `${target}.draft`;
  // Left by a build that was killed.
  await removeFolder(draft);
  await Deno.mkdir(draft, { recursive: true });
  try {
    const filled = await fill(draft);
    if (!filled.ok) return filled;
    await Deno.rename(draft, target);
    return ok(target);
  } finally {
    await removeFolder(draft);
  }
}

/** Removes a folder, there or not. */
export async function removeFolder(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
