/**
 * The folder of one running control plane, and what killed ones have left.
 *
 * @module
 */
import { removeFolder } from "./cache_folder.ts";

/** A folder in use. */
export interface DataFolder {
  readonly path: string;
  /** Held until the folder is no longer used; the kernel lets go of it when we are killed. */
  readonly lock: Deno.FsFile;
}

const PREFIX = "sluice-cluster-";
/** A folder this young may not have its lock yet. */
const YOUNG_MS = 60_000;

/** Makes a folder, after removing those whose owner was killed. */
export async function openDataFolder(parent?: string): Promise<DataFolder> {
  const options = parent === undefined ? {} : { dir: parent };
  const path = await Deno.makeTempDir({ prefix: PREFIX, ...options });
  const lock = await Deno.open(`${path}/lock`, { create: true, write: true });
  await lock.lock(true);
  const siblings = path.slice(0, path.lastIndexOf("/"));
  for await (const { name, isDirectory } of Deno.readDir(siblings)) {
    if (isDirectory && name.startsWith(PREFIX)) await removeAbandoned(`${siblings}/${name}`);
  }
  return { path, lock };
}

async function removeAbandoned(folder: string): Promise<void> {
  try {
    const { mtime } = await Deno.stat(`${folder}/lock`);
    if (mtime === null || Date.now() - mtime.getTime() < YOUNG_MS) return;
    using lock = await Deno.open(`${folder}/lock`, { write: true });
    if (await lock.tryLock(true)) await removeFolder(folder);
  } catch {
    // It went away meanwhile, or is somebody else's.
  }
}
