/**
 * The life of an ImageUpdateAutomation, act by act: what is asked for, and how one sees that it was done.
 *
 * @module
 */
import { GitRepository, ImagePolicy, ImageUpdateAutomation } from "../../../../crds/mod.ts";
import type { Cluster, KubeObject } from "../../../../lib/kube/mod.ts";
import { fieldOf } from "../../../../tools/demo/observe.ts";
import { claimsReady, conditionOf } from "../../history/ledger.ts";
import { metadataOf } from "../scenario.ts";

/** Address that the automation commits by. */
export const BOT = "bot@example.com";
/** Folder that it may change. */
export const FOLDER = "apps";
/** Where the value with the marker stands. */
export const FILE = `${FOLDER}/web.yaml`;
const MAIN = "main";

/** How an automation pushes. */
export interface PushScenario {
  readonly name: string;
  /** `spec.git.push`. */
  readonly push: Readonly<Record<string, string>>;
  /** Full name of the branch that has its commits. */
  readonly branch: string;
  /** Full name of a branch that gets them besides. */
  readonly copy?: string;
}

/** The branch that is checked out, and one more ref by `refspec`. */
export const BOTH_REFS: PushScenario = {
  name: "a branch and a refspec",
  push: { refspec: "refs/heads/main:refs/heads/review" },
  branch: "refs/heads/main",
  copy: "refs/heads/review",
};

/** All scenarios, for runs that have time. */
export const PUSH_SCENARIOS: readonly PushScenario[] = [
  BOTH_REFS,
  {
    name: "another branch",
    push: { branch: "updates" },
    branch: "refs/heads/updates",
  },
  {
    name: "another branch and a refspec",
    push: { branch: "updates", refspec: "updates:review" },
    branch: "refs/heads/updates",
    copy: "refs/heads/review",
  },
];

/** What acts work with. */
export interface PushProps {
  readonly cluster: Cluster;
  readonly scenario: PushScenario;
  /** Where the repository of a namespace is. */
  urlOf(namespace: string): string;
  /** Somebody commits the value with a tag to a branch of a namespace's repository. */
  commitTag(namespace: string, tag: string, branch: string): Promise<void>;
}

/** The objects of a namespace as they are seen. */
export interface PushSeen {
  readonly automation: KubeObject | undefined;
  readonly policy: KubeObject | undefined;
}

/** One act. */
export interface PushAct {
  readonly name: string;
  /** The tags that were written by its end, in order. */
  readonly tags: readonly string[];
  /** Asks for it. */
  ask(namespace: string, props: PushProps): Promise<unknown>;
  /** Whether it was done. */
  isDone(seen: PushSeen): boolean;
}

const BEGUN: PushAct = {
  name: "begun",
  tags: [],
  ask: begin,
  isDone: ({ automation }) => isAtRest(automation),
};

/** An update, a revert by hand, and the update that comes after it. */
export const SHORT_LIFE: readonly PushAct[] = [
  BEGUN,
  choosing("1", ["1"]),
  takingBack("1", "0", ["1"]),
  choosing("2", ["1", "2"]),
];

/** One more update before the revert. */
export const LONG_LIFE: readonly PushAct[] = [
  BEGUN,
  choosing("1", ["1"]),
  choosing("2", ["1", "2"]),
  takingBack("2", "1", ["1", "2"]),
  choosing("3", ["1", "2", "3"]),
];

/** Somebody puts the tag before back in the place of the last one. */
function takingBack(last: string, before: string, tags: readonly string[]): PushAct {
  return {
    name: "taken back",
    tags,
    async ask(namespace, { cluster, commitTag, scenario }) {
      await commitTag(namespace, before, scenario.branch);
      const annotations = { "reconcile.fluxcd.io/requestedAt": "now" };
      await patch(cluster, ImageUpdateAutomation, namespace, { metadata: { annotations } });
    },
    isDone: ({ automation, policy }) =>
      isAtRest(automation) && fieldOf(automation, "status", "lastHandledReconcileAt") === "now" &&
      policy?.metadata.annotations?.["sluice.dev/hold"]?.startsWith(`${last} `) === true,
  };
}

/** The policy chooses a tag. */
function choosing(tag: string, tags: readonly string[]): PushAct {
  return {
    name: `tag ${tag}`,
    tags,
    ask: (namespace, { cluster }) => {
      const status = { latestRef: { name: "example.test/web", tag } };
      return patch(cluster, ImagePolicy, namespace, { status }, "status");
    },
    isDone: ({ automation }) =>
      isAtRest(automation) &&
      fieldOf(automation, "status", "observedPolicies", "app", "tag") === tag,
  };
}

function isAtRest(automation: KubeObject | undefined): boolean {
  return claimsReady(automation) && conditionOf(automation, "Reconciling") === undefined;
}

async function begin(
  namespace: string,
  { cluster, scenario, urlOf }: PushProps,
): Promise<void> {
  const metadata = metadataOf(namespace);
  const url = urlOf(namespace);
  const author = { name: "Bot", email: BOT };
  const specs = [
    { ...GitRepository, spec: { url, interval: "10m", ref: { branch: MAIN } } },
    { ...ImagePolicy, spec: { imageRepositoryRef: { name: "app" }, policy: { alphabetical: {} } } },
    {
      ...ImageUpdateAutomation,
      spec: {
        interval: "10m",
        sourceRef: { kind: GitRepository.kind, name: "app" },
        git: { commit: { author }, push: scenario.push },
        update: { path: `./${FOLDER}`, strategy: "Setters" },
      },
    },
  ];
  for (const { apiVersion, kind, spec } of specs) {
    const object = { apiVersion, kind, metadata, spec };
    const applied = await cluster.apply(object, { fieldManager: "test", force: true });
    if (!applied.ok) throw new Error(applied.message);
  }
}

async function patch(
  cluster: Cluster,
  { apiVersion, kind }: { readonly apiVersion: string; readonly kind: string },
  namespace: string,
  change: object,
  subresource?: "status",
): Promise<void> {
  const how = { fieldManager: "test", type: "merge", ...(subresource && { subresource }) } as const;
  const patched = await cluster.patch({ apiVersion, kind, namespace, name: "app" }, change, how);
  if (!patched.ok) throw new Error(patched.message);
}
