/**
 * `spec.include`: files of other GitRepositories, put into this one's before it is stored.
 *
 * @module
 */
import { GitRepository, type GitRepositoryStatus } from "../../crds/mod.ts";
import type { Artifact } from "../../lib/artifact/mod.ts";
import {
  type Budget,
  type FileEntry,
  type FileTree,
  formatDuration,
  isEqualJson,
  joinInside,
  ok,
  type Result,
} from "../../lib/base/mod.ts";
import { type Outcome, wait } from "../../lib/runtime/mod.ts";
import type { SourceContext } from "./context.ts";

/** How long until a missing repository is looked for again, when nothing tells of it before. */
const RETRY_MS = 30_000;

type Include = NonNullable<GitRepository["spec"]["include"]>[number];

/** What is included, in the order of the spec. */
export interface Included {
  readonly include: Include;
  readonly artifact: Artifact;
}

/** The artifacts of `spec.include`, or the wait for one that is not there. */
export async function resolveIncludes(
  repo: GitRepository,
  ctx: SourceContext,
): Promise<
  | { ok: true; value: readonly Included[] }
  | { ok: false; outcome: Outcome<GitRepositoryStatus> }
> {
  const namespace = repo.metadata.namespace ?? "";
  const included: Included[] = [];
  for (const include of repo.spec.include ?? []) {
    const { name } = include.repository;
    const found = await ctx.readRepository(namespace, name);
    if (!found.ok) {
      const message = `could not get resource for include '${name}': ${found.message}`;
      return { ok: false, outcome: unavailable(namespace, include, "NotFound", message) };
    }
    const artifact = found.value.status?.artifact;
    if (artifact === undefined) {
      const message = `no artifact available for include '${name}'`;
      const seen = found.value.metadata.resourceVersion;
      return { ok: false, outcome: unavailable(namespace, include, "NoArtifact", message, seen) };
    }
    included.push({ include, artifact });
  }
  return ok(included);
}

function unavailable(
  namespace: string,
  { repository: { name } }: Include,
  reason: string,
  message: string,
  seen?: string,
): Outcome<GitRepositoryStatus> {
  const { apiVersion, kind } = GitRepository;
  const object = { apiVersion, kind, namespace, name, ...(seen !== undefined && { seen }) };
  return wait(reason, message, { kind: "dependency", objects: [object], retryMs: RETRY_MS }, {
    conditions: { IncludeUnavailable: { status: "True", reason, message } },
    events: [{
      type: "Trace",
      reason,
      message: `${message}, retrying in ${formatDuration(RETRY_MS)}`,
    }],
  });
}

/** Whether the stored artifact holds these very includes (contract/source.md, "config change"). */
export function hasSameIncludes(
  { spec, status }: GitRepository,
  included: readonly Included[],
): boolean {
  const stored = (status?.includedArtifacts ?? []).map((
    { revision, digest },
  ) => [revision, digest]);
  const now = included.map(({ artifact }) => [artifact.revision, artifact.digest]);
  return isEqualJson(status?.observedInclude ?? [], spec.include ?? []) && isEqualJson(stored, now);
}

/** The tree with the included files in it; what was under `toPath` is replaced. */
export async function includeFiles(
  tree: FileTree,
  included: readonly Included[],
  ctx: Pick<SourceContext, "fetchFiles">,
  budget: Budget,
): Promise<Result<FileTree>> {
  if (included.length === 0) return ok(tree);
  const joined = new Map<string, FileEntry>(tree);
  for (const { include, artifact } of included) {
    const files = await ctx.fetchFiles(artifact, budget);
    if (!files.ok) return files;
    const from = joinInside("", include.fromPath ?? "");
    const to = joinInside("", include.toPath || include.repository.name);
    for (const path of [...joined.keys()]) if (path.startsWith(`${to}/`)) joined.delete(path);
    for (const [path, entry] of files.value) {
      const inner = from === "" ? path : path.startsWith(`${from}/`) && path.slice(from.length + 1);
      if (inner) joined.set(joinInside(to, inner), entry);
    }
  }
  return ok(joined);
}
