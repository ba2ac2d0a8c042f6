/**
 * A remote in memory, objects and a context for the tests of this folder.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  GitRepository,
  ImagePolicy,
  ImageUpdateAutomation,
  type ImageUpdateAutomationStatus,
} from "../../crds/mod.ts";
import { defaultBudget, fail, joinBytes, ok, type Result, treeOf } from "../../lib/base/mod.ts";
import type {
  Commit,
  GitClient,
  GitWriter,
  NewCommit,
  Push,
  RefSpec,
  RemoteRef,
  Signature,
} from "../../lib/git/mod.ts";
import { openBuildDates } from "../../lib/delivery/mod.ts";
import { findAutomated, updateAutomated, updateWithSetters } from "../../lib/image/mod.ts";
import { FakeClock } from "../../lib/testing/fake_clock.ts";
import { fakeRun, silentLog } from "../../lib/testing/fake_run.ts";
import { memoryDisk } from "../../lib/testing/memory_disk.ts";
import type { AutomationContext, AutomationOutcome, AutomationParts } from "./context.ts";
import { reconcileImageUpdateAutomation } from "./image_update_automation.ts";
import { openScanMemory } from "./scan_memory.ts";

/** Any JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

/** A file with one value for the policy `apps:app`. */
export function manifest(tag: string): string {
  return `image: ghcr.io/org/app:${tag} # {"$imagepolicy": "apps:app"}\n`;
}

/** An automation `apps/bot` of the repository `apps/app`; `spec.git` and the rest are merged in. */
export function automation(git: Fields = {}, spec: Fields = {}, rest: Fields = {}) {
  const decoded = ImageUpdateAutomation.decode({
    apiVersion: ImageUpdateAutomation.apiVersion,
    kind: ImageUpdateAutomation.kind,
    metadata: { name: "bot", namespace: "apps", generation: 1 },
    ...rest,
    spec: {
      interval: "10m",
      sourceRef: { kind: "GitRepository", name: "app" },
      update: { strategy: "Setters" },
      git: { commit: { author: { name: "Bot", email: "bot@example.com" } }, ...git },
      ...spec,
    },
  });
  assert.ok(decoded.ok, decoded.ok ? "" : decoded.message);
  return decoded.value;
}

/** A policy of `apps` that has chosen a tag, or nothing yet. */
export function policy(name: string, tag: string | undefined, labels: Fields = {}): ImagePolicy {
  const decoded = ImagePolicy.decode({
    apiVersion: ImagePolicy.apiVersion,
    kind: ImagePolicy.kind,
    metadata: { name, namespace: "apps", labels },
    spec: { imageRepositoryRef: { name: "app" }, policy: { alphabetical: {} } },
    status: tag === undefined ? {} : { latestRef: { name: "ghcr.io/org/app", tag } },
  });
  assert.ok(decoded.ok, decoded.ok ? "" : decoded.message);
  return decoded.value;
}

/** The repository `apps/app`. */
export function repository(spec: Fields = {}): GitRepository {
  const decoded = GitRepository.decode({
    apiVersion: GitRepository.apiVersion,
    kind: GitRepository.kind,
    metadata: { name: "app", namespace: "apps" },
    spec: { interval: "1m", url: "https://host/app.git", ref: { branch: "main" }, ...spec },
  });
  assert.ok(decoded.ok, decoded.ok ? "" : decoded.message);
  return decoded.value;
}

/** A commit of the fake remote. */
export interface FakeCommit {
  /** Its number, from 1 on, as an id. */
  readonly id: string;
  /** All files. */
  readonly files: Readonly<Record<string, string>>;
  /** As it was made. */
  readonly message: string;
  /** Whether it has a signature. */
  readonly isSigned: boolean;
  /** Id of the commit before it. */
  readonly parent: string | undefined;
  /** Who made it. */
  readonly author: Signature;
}

const WHO = { name: "a", email: "a@b", timeSeconds: 0, zone: "+0000" };

/** A commit object; nothing but its signature differs when it is made again. */
function encodeRaw({ id, files, message, parent, author, isSigned }: FakeCommit): Uint8Array {
  const content = JSON.stringify({ parent, author, files, message });
  return joinBytes(isSigned ? `gpgsig ${id}\n` : "", content);
}

/** A remote with branches; `intrude` may change it between a fetch and a push. */
export class FakeRemote implements GitClient, GitWriter {
  /** Branches and other refs, by their full names. */
  readonly refs = new Map<string, FakeCommit>();
  /** Pushes that were taken, as "ref id options". */
  readonly pushes: string[] = [];
  /** Policies that were held, as "name: annotation". */
  readonly holds: string[] = [];
  /** Runs before a push is judged. */
  intrude: () => void = () => {};
  /** Answers pushes instead of us. */
  refuse: (push: Push) => Result<void> | undefined = () => undefined;
  readonly #commits = new Map<string, FakeCommit>();
  readonly #drafts = new Map<string, FakeCommit>();

  constructor(files: Readonly<Record<string, string>>) {
    this.commit("main", files);
  }

  /** Somebody commits. */
  commit(branch: string, files: Readonly<Record<string, string>>): FakeCommit {
    const tip = this.refs.get(`refs/heads/${branch}`);
    return this.#put(branch, {
      id: this.#nextId(),
      files: { ...tip?.files, ...files },
      message: "by hand",
      isSigned: false,
      parent: tip?.id,
      author: WHO,
    });
  }

  /** Every commit that was ever on a branch, by id. */
  get commits(): ReadonlyMap<string, FakeCommit> {
    return this.#commits;
  }

  /** The last commit of a branch. */
  tip(branch: string): FakeCommit {
    const tip = this.refs.get(`refs/heads/${branch}`);
    assert.ok(tip, `no branch ${branch}`);
    return tip;
  }

  listRef(_url: string, { branch = "master", tag }: RefSpec): Promise<Result<RemoteRef>> {
    const ref = tag === undefined ? `refs/heads/${branch}` : `refs/tags/${tag}`;
    const commit = this.refs.get(ref)?.id;
    return Promise.resolve(
      commit === undefined
        ? fail("RefNotFound", `couldn't find remote ref "${ref}"`)
        : ok({ ref, commit, revision: `${tag ?? branch}@sha1:${commit}` }),
    );
  }

  fetchTree(_url: string, ref: RemoteRef): Promise<Result<Commit>> {
    const commit = this.#commits.get(ref.commit);
    assert.ok(commit);
    const { message, author, parent } = commit;
    const tree = treeOf(commit.files);
    const said = { message, author, committer: author, raw: encodeRaw(commit) };
    return Promise.resolve(ok({ ...ref, tree, parents: parent ? [parent] : [], ...said }));
  }

  fetchHistory: GitClient["fetchHistory"] = (_url, { from, to }) => {
    const known = new Set(this.#lineOf(from).map(({ id }) => id));
    const range = this.#lineOf(to).filter(({ id }) => !known.has(id));
    return Promise.resolve(ok(range.map((commit) => ({
      ...commit,
      parents: commit.parent === undefined ? [] : [commit.parent],
      raw: encodeRaw(commit),
    }))));
  };

  makeCommit: GitWriter["makeCommit"] = async (_url, draft) => {
    const { parent, files, message, author, sign } = draft;
    const before = this.#commits.get(parent);
    assert.ok(before);
    const signature = await sign?.(new Uint8Array());
    if (signature !== undefined && !signature.ok) return signature;
    const changed = [...files].map(([path, bytes]) => [path, new TextDecoder().decode(bytes)]);
    const made = {
      id: this.#nextId(),
      message,
      files: { ...before.files, ...Object.fromEntries(changed) },
      isSigned: signature !== undefined,
      parent,
      author,
    };
    this.#drafts.set(made.id, made);
    return ok<NewCommit>({
      id: made.id,
      parent,
      objects: [{ type: "commit", content: encodeRaw(made) }],
    });
  };

  push: GitWriter["push"] = (_url, push) => {
    this.intrude();
    const { ref, commit, mayReplace, options = new Map() } = push;
    const refused = this.refuse(push);
    if (refused !== undefined) return Promise.resolve(refused);
    if (this.refs.get(ref)?.id === commit.id) return Promise.resolve(ok(undefined));
    if (!mayReplace(this.refs.get(ref)?.id)) {
      return Promise.resolve(fail("RefMoved", `non-fast-forward update: ${ref}`));
    }
    const made = this.#drafts.get(commit.id) ?? this.#commits.get(commit.id);
    assert.ok(made);
    this.#commits.set(made.id, made);
    this.refs.set(ref, made);
    this.pushes.push([ref, ...[...options].flat()].join(" "));
    return Promise.resolve(ok(undefined));
  };

  #nextId(): string {
    return String(this.#commits.size + this.#drafts.size + 1).padStart(40, "0");
  }

  /** A commit and all before it. */
  #lineOf(id: string | undefined): FakeCommit[] {
    const commit = this.#commits.get(id ?? "");
    return commit === undefined ? [] : [commit, ...this.#lineOf(commit.parent)];
  }

  #put(branch: string, commit: FakeCommit): FakeCommit {
    this.#commits.set(commit.id, commit);
    this.refs.set(`refs/heads/${branch}`, commit);
    return commit;
  }
}

/** A context of the remote whose policy `app` has chosen 2; `parts` replaces what a case is about. */
export function fakeContext(
  remote: FakeRemote,
  parts: Partial<AutomationContext> = {},
  clock: FakeClock = new FakeClock(),
): AutomationContext {
  const usual: AutomationParts = {
    git: remote,
    updateFiles: updateWithSetters,
    findAutomated,
    updateAutomated,
    listTags: () => Promise.resolve(fail("Unreachable", "this test has no registry")),
    openReader: () => Promise.resolve(fail("Unreachable", "this test has no registry")),
    scans: openScanMemory(),
    told: new Map(),
    dates: openBuildDates({ disk: memoryDisk(clock), path: "dates", log: silentLog }),
    readPullLogin: () => Promise.resolve(ok(undefined)),
    renderMessage: (template, { changes }) =>
      ok(template || `changed ${changes.map(({ file }) => file).join(", ")}`),
    readPgpSigner: (armored) => Promise.resolve(ok(() => Promise.resolve(ok(armored)))),
    readSshSigner: (pem) => Promise.resolve(ok(() => Promise.resolve(ok(pem)))),
    readRepository: ({ name }) =>
      Promise.resolve(name === "app" ? ok(repository()) : fail("NotFound", `"${name}" not found`)),
    listPolicies: () => Promise.resolve([policy("app", "2")]),
    holdPolicy: (_namespace, name, hold) => {
      remote.holds.push(`${name}: ${hold}`);
      return Promise.resolve(ok(undefined));
    },
    readCredentials: () => Promise.resolve(ok(undefined)),
    readSecret: (_namespace, name) =>
      Promise.resolve(
        name === "key"
          ? ok(new Map([["git.asc", "pgp"]]))
          : fail("NotFound", `secrets "${name}" not found`),
      ),
    budget: defaultBudget,
    noCrossNamespaceRefs: false,
  };
  return { ...usual, ...fakeRun<ImageUpdateAutomationStatus>({ clock }), ...parts };
}

/** Runs once; pauses between attempts take no time. */
export async function run(
  object: ImageUpdateAutomation,
  remote: FakeRemote,
  parts: Partial<AutomationContext> = {},
): Promise<AutomationOutcome> {
  const clock = new FakeClock();
  const outcome = reconcileImageUpdateAutomation(object, fakeContext(remote, parts, clock));
  for (let count = 0; count < 6; count++) await clock.advance(2_000);
  return await outcome;
}
