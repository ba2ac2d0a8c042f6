/**
 * A build of a Kustomization as a job for a thread: how it is asked for and done.
 *
 * @module
 */
import { type Budget, fail, ok, type Result, stringifyJson } from "../base/mod.ts";
import type { RemoteTree } from "../kustomize/mod.ts";
import { buildManifests, type BuildManifestsOptions, type Manifests } from "./build.ts";
import type { ManifestCache } from "./manifest_cache.ts";
import { attemptBuild, refuseRemote, type RemoteAttempt, type Remotes } from "./remote_builds.ts";
import type { StopWord } from "./serve_jobs.ts";
import { openSharedTree } from "./shared_tree.ts";
import type { BuildSpec } from "./spec.ts";
import { type Answer, PART_CHARS } from "./thread_messages.ts";

/** A remote base in shared memory. */
export interface SharedRemote extends Omit<RemoteTree, "tree"> {
  /** {@linkcode RemoteTree.tree} */
  readonly memory: SharedArrayBuffer;
}

/** What crosses to the thread. */
export interface BuildRequest
  extends Pick<BuildManifestsOptions, "variables" | "strictSubstitution"> {
  /** The files. */
  readonly memory: SharedArrayBuffer;
  /** What to build of them. */
  readonly spec: BuildSpec;
  /** Remote bases that were fetched; absent: they are refused. */
  readonly remotes?: ReadonlyMap<string, Result<SharedRemote>>;
  /** Limits, but for the time. */
  readonly limits: Pick<Budget, "bytes" | "entries" | "depth" | "resources">;
  /** Time, from the moment when the thread takes the job. */
  readonly limitMs: number;
}

/** What comes back before the objects. */
export interface BuildHead extends RemoteAttempt<BuiltHead> {
  /** What the build took. */
  readonly elapsedMs: number;
}

/** What comes back of a build that went well, before its objects. */
export interface BuiltHead {
  /** {@linkcode Manifests.digest} */
  readonly digest: string;
  /** The YAML in UTF-8, shared so that it is not copied. */
  readonly yaml: SharedArrayBuffer;
  /** {@linkcode Manifests.places}, with NUL between two of them. */
  readonly places: string;
  /** {@linkcode Manifests.filesRead}, with NUL between two of them. */
  readonly filesRead: string;
}

/** Builds, inside the thread, which may have a cache of its own. */
export function doBuild(
  request: BuildRequest,
  stop: StopWord,
  cache?: ManifestCache,
): Answer<BuildHead> {
  const { limits, limitMs, spec, remotes, variables, strictSubstitution } = request;
  const began = performance.now();
  const { signal } = new AbortController();
  const budget = { ...limits, signal, time: stop.timeLimit(limitMs) };
  const { result, needed } = attemptManifests(openSharedTree(request.memory), spec, {
    budget,
    variables,
    ...(strictSubstitution !== undefined && { strictSubstitution }),
    ...(remotes !== undefined && { remotes: openRemotes(remotes) }),
    ...(cache !== undefined && { cache }),
  });
  return {
    head: {
      result: result.ok ? ok(headOf(result.value)) : fail(result.code, result.message),
      needed,
      elapsedMs: performance.now() - began,
    },
    parts: result.ok ? partsOf(result.value.objects) : [],
  };
}

/** One build with the remote bases that are there; without any, they are refused. */
export function attemptManifests(
  tree: Parameters<typeof buildManifests>[0],
  spec: BuildSpec,
  { remotes, ...options }: BuildManifestsOptions & { readonly remotes?: Remotes | undefined },
): RemoteAttempt<Manifests> {
  if (remotes === undefined) {
    const result = buildManifests(tree, spec, { ...options, fetchRemote: refuseRemote });
    return { result, needed: [] };
  }
  return attemptBuild(
    remotes,
    (fetchRemote) => buildManifests(tree, spec, { ...options, fetchRemote }),
  );
}

function openRemotes(shared: ReadonlyMap<string, Result<SharedRemote>>): Remotes {
  const remotes = new Map<string, Result<RemoteTree>>();
  for (const [address, remote] of shared) {
    if (!remote.ok) {
      remotes.set(address, remote);
      continue;
    }
    const { memory, ...rest } = remote.value;
    remotes.set(address, ok({ ...rest, tree: openSharedTree(memory) }));
  }
  return remotes;
}

function headOf({ digest, places, filesRead, toYaml }: Manifests): BuiltHead {
  return {
    digest,
    yaml: shareText(toYaml()),
    places: places.join("\0"),
    filesRead: [...filesRead].join("\0"),
  };
}

/** JSON arrays of objects. JSON keeps their integers and the order of their keys, and is read faster than clones. */
function* partsOf(objects: Manifests["objects"]): Generator<string> {
  let texts: string[] = [];
  let chars = 0;
  for (const object of objects) {
    const text = stringifyJson(object);
    texts.push(text);
    chars += text.length;
    if (chars < PART_CHARS) continue;
    yield `[${texts.join(",")}]`;
    texts = [];
    chars = 0;
  }
  if (texts.length > 0) yield `[${texts.join(",")}]`;
}

function shareText(text: string): SharedArrayBuffer {
  const bytes = new TextEncoder().encode(text);
  const memory = new SharedArrayBuffer(bytes.length);
  new Uint8Array(memory).set(bytes);
  return memory;
}
