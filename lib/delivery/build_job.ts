/**
 * A build of a Kustomization as a job for a thread: how it is asked for and done.
 *
 * @module
 */
import { type Budget, fail, type FileTree, ok, type Result, stringifyJson } from "../base/mod.ts";
import type { RemoteTree } from "../kustomize/mod.ts";
import { buildManifests, type BuildManifestsOptions, type Manifests } from "./build.ts";
import type { ManifestCache } from "./manifest_cache.ts";
import {
  attemptBuild,
  type FetchRemote,
  refuseRemote,
  type RemoteAttempt,
  type Remotes,
} from "./remote_builds.ts";
import { nameOfSealed, type OpenedResources, OPENING_NEEDED } from "./sealed_resource.ts";
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
  /** Resources that were opened; absent: they stay sealed. With them no cache is used. */
  readonly opened?: OpenedResources;
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
  const { limits, limitMs, spec, remotes, opened, variables, strictSubstitution } = request;
  const began = performance.now();
  const { signal } = new AbortController();
  const budget = { ...limits, signal, time: stop.timeLimit(limitMs) };
  const { result, needed, sealed } = attemptManifests(openSharedTree(request.memory), spec, {
    budget,
    variables,
    ...(strictSubstitution !== undefined && { strictSubstitution }),
    ...(remotes !== undefined && { remotes: openRemotes(remotes) }),
    ...(opened !== undefined && { opened }),
    ...(cache !== undefined && { cache }),
  });
  return {
    head: {
      result: result.ok ? ok(headOf(result.value)) : fail(result.code, result.message),
      needed,
      ...(sealed !== undefined && { sealed }),
      elapsedMs: performance.now() - began,
    },
    parts: result.ok ? partsOf(result.value.objects) : [],
  };
}

/** What an attempt has at hand. */
export interface AttemptOptions
  extends Omit<BuildManifestsOptions, "fetchRemote" | "openResource"> {
  /** Remote bases that were fetched; absent: they are refused. */
  readonly remotes?: Remotes | undefined;
  /** Resources that were opened; absent: they stay sealed. */
  readonly opened?: OpenedResources;
}

/** One build with what is there; it says what else it needs. */
export function attemptManifests(
  tree: FileTree,
  spec: BuildSpec,
  { remotes, opened, cache, ...options }: AttemptOptions,
): RemoteAttempt<Manifests> {
  const sealed = new Set<string>();
  const build = (fetchRemote: FetchRemote) =>
    buildManifests(tree, spec, {
      ...options,
      fetchRemote,
      // What was sealed is not kept longer than the build takes.
      ...(opened === undefined ? cache && { cache } : { openResource: opening(opened, sealed) }),
    });
  const attempt = remotes === undefined
    ? { result: build(refuseRemote), needed: [] }
    : attemptBuild(remotes, build);
  return sealed.size === 0 ? attempt : { ...attempt, sealed: [...sealed] };
}

/** Hands over what was opened and notes what was not. */
function opening(opened: OpenedResources, sealed: Set<string>): (text: string) => Result<string> {
  return (text) => {
    const known = opened.get(nameOfSealed(text));
    if (known === undefined) sealed.add(text);
    return known ?? fail(OPENING_NEEDED, "a sealed resource has not been opened");
  };
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
