import assert from "node:assert/strict";
import { KUSTOMIZATION_RULES } from "../../controllers/kustomize/rules.ts";
import { SOURCE_RULES } from "../../controllers/source/rules.ts";
import { imageRules } from "./image_rules.ts";
import type { Condition, ConditionRules } from "./kind.ts";
import { type Outcome, ready, retry, stalled, wait } from "./outcome.ts";
import { showProgress, type Status, summarize, summarizeSuspended } from "./summarize.ts";

const NOW = Date.UTC(2026, 0, 1);
const IMAGE_RULES = imageRules("image-reflector-controller");
const FETCH_FAILED = { status: "True", reason: "GitOperationFailed", message: "no ref" } as const;
const IN_STORAGE = { status: "True", reason: "Succeeded", message: "stored main@1" } as const;
const OUTDATED = { status: "True", reason: "NewRevision", message: "new main@2" } as const;
const UNVERIFIED = {
  status: "False",
  reason: "InvalidCommitSignature",
  message: "no key",
} as const;
const health = { kind: "healthy", objects: [], deadlineMs: 0 } as const;
const dependency = { kind: "dependency", objects: [], retryMs: 30_000 } as const;

interface Case {
  name: string;
  rules: ConditionRules;
  status?: Status;
  outcome: Outcome<Record<string, unknown>>;
  progress?: string;
  requestedAt?: string;
  /** Conditions as `Type Status Reason Message`. */
  want: string[];
  observed?: number;
}

const source: Case[] = [
  {
    name: "takes Ready from ArtifactInStorage and observes the generation",
    rules: SOURCE_RULES,
    status: status("Reconciling True Progressing building artifact", "Ready Unknown Progressing x"),
    outcome: ready("Succeeded", "ignored", { conditions: { ArtifactInStorage: IN_STORAGE } }),
    want: ["Ready True Succeeded stored main@1", "ArtifactInStorage True Succeeded stored main@1"],
    observed: 2,
  },
  {
    name: "uses the outcome's message while no condition speaks",
    rules: SOURCE_RULES,
    outcome: ready("Succeeded", "nothing to store"),
    want: ["Ready True Succeeded nothing to store"],
    observed: 2,
  },
  {
    name: "takes away what is abnormal when a run ends well",
    rules: SOURCE_RULES,
    status: status(
      "Reconciling True ProgressingWithRetry building artifact",
      "Ready False GitOperationFailed no ref",
      "FetchFailed True GitOperationFailed no ref",
    ),
    outcome: ready("Succeeded", "x", { conditions: { ArtifactInStorage: IN_STORAGE } }),
    want: ["Ready True Succeeded stored main@1", "ArtifactInStorage True Succeeded stored main@1"],
    observed: 2,
  },
  {
    name: "keeps the last progress message and the generation after a failure",
    rules: SOURCE_RULES,
    outcome: retry("GitOperationFailed", { message: "no ref" }, {
      conditions: { FetchFailed: FETCH_FAILED },
    }),
    progress: "building artifact",
    want: [
      "Reconciling True ProgressingWithRetry building artifact",
      "Ready False GitOperationFailed no ref",
      "FetchFailed True GitOperationFailed no ref",
    ],
    observed: 1,
  },
  {
    name: "lets the first abnormal condition of the kind's order speak",
    rules: SOURCE_RULES,
    status: status("ArtifactInStorage True Succeeded stored main@1"),
    outcome: retry("GitOperationFailed", { message: "no ref" }, {
      conditions: { ArtifactOutdated: OUTDATED, FetchFailed: FETCH_FAILED },
    }),
    progress: "reconciliation in progress",
    want: [
      "Reconciling True ProgressingWithRetry reconciliation in progress",
      "Ready False GitOperationFailed no ref",
      "ArtifactOutdated True NewRevision new main@2",
      "FetchFailed True GitOperationFailed no ref",
      "ArtifactInStorage True Succeeded stored main@1",
    ],
    observed: 1,
  },
  {
    name: "lets a False SourceVerified override everything",
    rules: SOURCE_RULES,
    status: status("FetchFailed True GitOperationFailed no ref"),
    outcome: retry("InvalidCommitSignature", { message: "no key" }, {
      conditions: { SourceVerified: UNVERIFIED },
    }),
    want: [
      "Reconciling True ProgressingWithRetry reconciliation in progress",
      "Ready False InvalidCommitSignature no key",
      "SourceVerified False InvalidCommitSignature no key",
      "FetchFailed True GitOperationFailed no ref",
    ],
    observed: 1,
  },
  {
    name: "speaks itself when a failure names no condition",
    rules: SOURCE_RULES,
    status: status("Ready True Succeeded stored main@1", "ArtifactInStorage True Succeeded x"),
    outcome: retry("Failed", { message: "we have a bug" }),
    want: [
      "Reconciling True ProgressingWithRetry reconciliation in progress",
      "Ready False Failed we have a bug",
      "ArtifactInStorage True Succeeded x",
    ],
    observed: 1,
  },
  {
    name: "is not ready while a condition says that it is not",
    rules: SOURCE_RULES,
    outcome: ready("Succeeded", "x", { conditions: { ArtifactOutdated: OUTDATED } }),
    want: ["Ready False NewRevision new main@2", "ArtifactOutdated True NewRevision new main@2"],
    observed: 1,
  },
  {
    name: "stalls: Reconciling goes, the generation is observed",
    rules: SOURCE_RULES,
    status: status("Reconciling True Progressing x", "Ready Unknown Progressing x"),
    outcome: stalled("URLInvalid", { message: "bad url" }, {
      conditions: { FetchFailed: { status: "True", reason: "URLInvalid", message: "bad url" } },
    }),
    want: [
      "Stalled True URLInvalid bad url",
      "Ready False URLInvalid bad url",
      "FetchFailed True URLInvalid bad url",
    ],
    observed: 2,
  },
  {
    name: "leaves types of others alone and writes none of theirs",
    rules: SOURCE_RULES,
    status: status("Foreign True Yes hello"),
    outcome: ready("Succeeded", "ok", { conditions: { Foreign: null, Alien: IN_STORAGE } }),
    want: ["Ready True Succeeded ok", "Foreign True Yes hello"],
    observed: 2,
  },
];

const kustomization: Case[] = [
  {
    name: "takes Ready from the outcome",
    rules: KUSTOMIZATION_RULES,
    status: status("Reconciling True Progressing x", "Ready Unknown Progressing y"),
    outcome: ready("ReconciliationSucceeded", "Applied revision: main@1"),
    want: ["Ready True ReconciliationSucceeded Applied revision: main@1"],
    observed: 2,
  },
  {
    name: "keeps Healthy as it was unless the outcome names it",
    rules: KUSTOMIZATION_RULES,
    status: status("Healthy True Succeeded Health check passed in 1s"),
    outcome: stalled("InvalidCELExpression", { message: "no" }),
    want: [
      "Stalled True InvalidCELExpression no",
      "Ready False InvalidCELExpression no",
      "Healthy True Succeeded Health check passed in 1s",
    ],
    observed: 1,
  },
  {
    name: "observes the generation that the outcome names",
    rules: KUSTOMIZATION_RULES,
    outcome: stalled("InvalidCELExpression", { message: "no" }, {
      status: { observedGeneration: 2 },
    }),
    want: ["Stalled True InvalidCELExpression no", "Ready False InvalidCELExpression no"],
    observed: 2,
  },
  {
    name: "is quiet before the download: no Reconciling on a fresh object",
    rules: KUSTOMIZATION_RULES,
    outcome: wait("DependencyNotReady", "dependency 'a/b' is not ready", dependency, {
      quiet: true,
    }),
    want: ["Ready False DependencyNotReady dependency 'a/b' is not ready"],
    observed: 1,
  },
  {
    name: "is quiet, and what an earlier run left rests",
    rules: KUSTOMIZATION_RULES,
    status: status("Reconciling True Progressing Building", "Ready Unknown Progressing x"),
    outcome: retry("ArtifactFailed", { message: "gone" }, { quiet: true }),
    want: ["Reconciling True ProgressingWithRetry Building", "Ready False ArtifactFailed gone"],
    observed: 1,
  },
  {
    name: "keeps working while it waits for health",
    rules: KUSTOMIZATION_RULES,
    outcome: wait("Progressing", "Running health checks", health, {
      conditions: { Healthy: { status: "Unknown", reason: "Progressing", message: "r" } },
    }),
    want: [
      "Reconciling True Progressing Running health checks",
      "Ready Unknown Progressing Reconciliation in progress",
      "Healthy Unknown Progressing r",
    ],
    observed: 1,
  },
  {
    name: "rests at its last step after a failure and keeps its generation",
    rules: KUSTOMIZATION_RULES,
    outcome: retry("BuildFailed", { message: "bad yaml" }),
    progress: "Building manifests",
    want: [
      "Reconciling True ProgressingWithRetry Building manifests",
      "Ready False BuildFailed bad yaml",
    ],
    observed: 1,
  },
];

const image: Case[] = [
  {
    name: "takes Ready from the outcome and records the request",
    rules: IMAGE_RULES,
    status: status("Reconciling True Progressing scanning"),
    outcome: ready("Succeeded", "successful scan: found 3 tags"),
    requestedAt: "t1",
    want: ["Ready True Succeeded successful scan: found 3 tags"],
    observed: 2,
  },
  {
    name: "records the request after a failure too",
    rules: IMAGE_RULES,
    outcome: retry("ReadOperationFailed", { message: "scan failed" }),
    progress: "scanning: first scan",
    requestedAt: "t1",
    want: [
      "Reconciling True ProgressingWithRetry scanning: first scan",
      "Ready False ReadOperationFailed scan failed",
    ],
    observed: 1,
  },
  {
    name: "observes the generation when it stalls",
    rules: IMAGE_RULES,
    outcome: stalled("InvalidPolicy", { message: "bad range" }),
    progress: "processing object: new generation 1 -> 2",
    want: ["Stalled True InvalidPolicy bad range", "Ready False InvalidPolicy bad range"],
    observed: 2,
  },
  {
    name: "leaves Stalled when it tries again",
    rules: IMAGE_RULES,
    status: status("Stalled True InvalidPolicy bad range"),
    outcome: retry("Failure", { message: "no tags" }),
    want: [
      "Reconciling True ProgressingWithRetry reconciliation in progress",
      "Ready False Failure no tags",
    ],
    observed: 1,
  },
];

for (const [family, cases] of Object.entries({ source, kustomization, image })) {
  for (const { name, rules, outcome, progress, requestedAt, want, observed, ...rest } of cases) {
    Deno.test(`summarize() of a ${family}: ${name}`, () => {
      const before = { observedGeneration: 1, ...rest.status };

      const got = summarize(rules, before, outcome, {
        generation: 2,
        nowMs: NOW,
        requestedAt,
        progress: progress === undefined ? undefined : { message: progress, drift: false },
      });

      assert.deepEqual(got.status.conditions?.map(line), want);
      assert.equal(got.status.observedGeneration, observed);
      assert.equal(got.status.lastHandledReconcileAt, requestedAt);
      assert.equal(got.isReady, want.some((text) => text.startsWith("Ready True")));
    });
  }
}

Deno.test("summarize() merges the outcome's status and keeps the rest", () => {
  const before = { artifact: { revision: "a" }, includedArtifacts: [1], keep: 1 };
  const outcome = ready("Succeeded", "ok", {
    status: { artifact: { revision: "b" }, includedArtifacts: undefined },
  });

  const { status } = summarize(SOURCE_RULES, before, outcome, { generation: 1, nowMs: NOW });

  assert.deepEqual(
    [status["artifact"], status["includedArtifacts"], status["keep"]],
    [{ revision: "b" }, undefined, 1],
  );
});

Deno.test("summarize() twice gives the same status", () => {
  const outcome = retry("GitOperationFailed", { message: "no ref" }, {
    conditions: { FetchFailed: FETCH_FAILED },
  });
  const moment = { generation: 2, nowMs: NOW, requestedAt: "t1" };
  const first = summarize(SOURCE_RULES, {}, outcome, moment);

  const second = summarize(SOURCE_RULES, first.status, outcome, {
    ...moment,
    nowMs: NOW + 60_000,
  });

  assert.deepEqual(second, first);
});

const steps = [
  {
    name: "a fresh object's Ready is not known",
    rules: SOURCE_RULES,
    before: [],
    drift: false,
    want: ["Reconciling True Progressing step", "Ready Unknown Progressing step"],
  },
  {
    name: "a routine run leaves Ready alone",
    rules: SOURCE_RULES,
    before: ["Ready True Succeeded stored"],
    drift: false,
    want: ["Reconciling True Progressing step", "Ready True Succeeded stored"],
  },
  {
    name: "drift takes Ready away",
    rules: SOURCE_RULES,
    before: ["Ready True Succeeded stored"],
    drift: true,
    want: ["Reconciling True Progressing step", "Ready Unknown Progressing step"],
  },
  {
    name: "Stalled goes",
    rules: IMAGE_RULES,
    before: ["Stalled True InvalidPolicy bad", "Ready False InvalidPolicy bad"],
    drift: false,
    want: ["Reconciling True Progressing step", "Ready False InvalidPolicy bad"],
  },
  {
    name: "a kind with a working message always says it",
    rules: KUSTOMIZATION_RULES,
    before: ["Ready True ReconciliationSucceeded Applied"],
    drift: false,
    want: [
      "Reconciling True Progressing step",
      "Ready Unknown Progressing Reconciliation in progress",
    ],
  },
];

for (const { name, rules, before, drift, want } of steps) {
  Deno.test(`showProgress(): ${name}`, () => {
    const progress = { message: "step", drift };

    const got = showProgress(rules, status(...before), progress, { generation: 2, nowMs: NOW });

    assert.deepEqual(got.conditions?.map(line), want);
  });
}

const suspended = [
  {
    name: "a source advances its generation and stamps Ready",
    rules: SOURCE_RULES,
    before: ["Ready True Succeeded stored", "ArtifactInStorage True Succeeded stored"],
    want: { observed: 2, handled: "t1", generations: [2, 1] },
  },
  {
    name: "a source without conditions keeps its generation",
    rules: SOURCE_RULES,
    before: [],
    want: { observed: 1, handled: "t1", generations: [] },
  },
  {
    name: "a source that is retrying keeps saying why",
    rules: SOURCE_RULES,
    before: ["Ready False GitOperationFailed no ref", "FetchFailed True GitOperationFailed no ref"],
    want: { observed: 2, handled: "t1", generations: [2, 1] },
  },
  {
    name: "an image kind that is ready advances its generation alone",
    rules: IMAGE_RULES,
    before: ["Ready True Succeeded scanned"],
    want: { observed: 2, handled: "t1", generations: [1] },
  },
  {
    name: "an image kind that is stalled advances its generation",
    rules: IMAGE_RULES,
    before: ["Stalled True InvalidPolicy bad", "Ready False InvalidPolicy bad"],
    want: { observed: 2, handled: "t1", generations: [1, 1] },
  },
  {
    name: "an automation does not record the request",
    rules: { ...IMAGE_RULES, skipSuspendedRequests: true },
    before: ["Ready True Succeeded up-to-date"],
    want: { observed: 2, handled: undefined, generations: [1] },
  },
  {
    name: "a ready Kustomization advances its generation",
    rules: KUSTOMIZATION_RULES,
    before: ["Ready True ReconciliationSucceeded Applied"],
    want: { observed: 2, handled: "t1", generations: [1] },
  },
  {
    name: "a failed Kustomization keeps its generation",
    rules: KUSTOMIZATION_RULES,
    before: ["Ready False BuildFailed bad"],
    want: { observed: 1, handled: "t1", generations: [1] },
  },
];

for (const { name, rules, before, want } of suspended) {
  Deno.test(`summarizeSuspended(): ${name}`, () => {
    const moment = { generation: 2, nowMs: NOW + 60_000, requestedAt: "t1" };
    const start = { observedGeneration: 1, conditions: [], ...status(...before) };

    const got = summarizeSuspended(rules, start, moment);

    assert.deepEqual(got.conditions?.map(line), before);
    assert.deepEqual({
      observed: got.observedGeneration,
      handled: got.lastHandledReconcileAt,
      generations: got.conditions?.map(({ observedGeneration }) => observedGeneration),
    }, want);
  });
}

/** A status with conditions of generation 1, written `Type Status Reason Message`. */
function status(...lines: string[]): Status {
  if (lines.length === 0) return {};
  return { conditions: lines.map(parseLine) };
}

function parseLine(text: string): Condition {
  const [type = "", state, reason = "", ...message] = text.split(" ");
  return {
    type,
    status: state === "True" || state === "False" ? state : "Unknown",
    reason,
    message: message.join(" "),
    observedGeneration: 1,
    lastTransitionTime: "2025-12-31T00:00:00Z",
  };
}

function line({ type, status, reason, message }: Condition): string {
  return `${type} ${status} ${reason} ${message}`;
}
