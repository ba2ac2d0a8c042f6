/**
 * Fuzzing of whole builds.
 *
 * @module
 */
import { openBuildCache } from "../../lib/kustomize/mod.ts";
import { buildOurs, type Difference, type Outcome } from "./compare.ts";
import { Coverage } from "./coverage.ts";
import type { Subject } from "./hunt.ts";
import { FIELDS, kustomizations, TOP } from "./kustomizations.ts";
import type { Peer } from "./peer.ts";
import { type Files, renderFiles } from "./render.ts";

const LEAST_SHARE = 0.01;
const CACHE_BYTES = 32 << 20;

/** Fields that the inputs get otherwise than by chance. */
const OTHER_FIELDS = [
  "resources",
  "components",
  "bases",
  "helmCharts",
  "helmChartInflationGenerator",
  "helmGlobals",
];

/** Everything built in that has a configuration of its own. */
const STANDALONE = [
  ...["ConfigMapGenerator", "SecretGenerator", "IAMPolicyGenerator"].map((kind) =>
    `generators: ${kind}`
  ),
  ...[
    "AnnotationsTransformer",
    "HashTransformer",
    "ImageTagTransformer",
    "LabelTransformer",
    "NamespaceTransformer",
    "PatchJson6902Transformer",
    "PatchStrategicMergeTransformer",
    "PatchTransformer",
    "PrefixSuffixTransformer",
    "PrefixTransformer",
    "ReplacementTransformer",
    "ReplicaCountTransformer",
    "SuffixTransformer",
    "ValueAddTransformer",
  ].map((kind) => `transformers: ${kind}`),
  "validators: LabelTransformer",
  "validators: AnnotationsTransformer",
];

/** What earlier inputs have left in the cache must change nothing. */
function asWithCache(ours: Outcome, cached: Outcome): Outcome {
  if (ours.kind === cached.kind && (ours.kind !== "built" || ours.text === cached.text)) {
    return ours;
  }
  return {
    kind: "crashed",
    text: `${ours.text}\n=== with a cache: ${cached.kind}\n${cached.text}`,
  };
}

/** Every field of kustomization.yaml against the real program. */
export function kustomizeSubject(peer: Peer): Subject {
  const coverage = new Coverage();
  const cache = openBuildCache(CACHE_BYTES);
  let built = 0;
  let inputs = 0;
  return {
    models: kustomizations,
    peer,
    target: TOP,
    render: renderFiles,
    build(files) {
      const ours = buildOurs(files);
      return asWithCache(ours, buildOurs(files, { cache }));
    },
    isKnown: (difference, files) =>
      [isHashOfTurnedObject, isEmptiedUnderComment, isEmptyAffix].some((isIt) =>
        isIt(difference, files)
      ),
    count(model, theirs) {
      inputs++;
      coverage.add(model);
      if (theirs.kind === "built") built++;
    },
    report() {
      const rare = coverage.rare(
        [...Object.keys(FIELDS), ...OTHER_FIELDS, ...STANDALONE],
        LEAST_SHARE,
      );
      return [
        "share of the inputs with a field:",
        ...coverage.lines(),
        `${built} of ${inputs} inputs are built by kustomize, the others refused`,
        rare.length === 0
          ? "every field stands in at least 1 % of the inputs"
          : `in less than 1 % of the inputs: ${rare.join(", ")}`,
      ];
    },
  };
}

/**
 * docs/spec/kustomize.md, "Where we differ": a generated object that a patch made one of another kind gets a hash
 * of what Go keeps in memory. All but such hashes must be the same.
 */
function isHashOfTurnedObject({ theirs, ours }: Difference, files: Files): boolean {
  if (theirs.kind !== "built" || ours.kind !== "built") return false;
  const turns = Object.values(files).some((text) =>
    /allowKindChange\W+true|path\W+\/kind/.test(text)
  );
  const bare = (text: string) =>
    text.replace(/-[0-9a-z]{10}\b/g, "-HASH").split("\n").sort().join();
  return turns && bare(theirs.text) === bare(ours.text);
}

/** Also there: the tool prints the comment at a list that a patch has emptied so that it cannot read it again. */
function isEmptiedUnderComment({ theirs }: Difference, files: Files): boolean {
  return theirs.kind === "refused" && theirs.text.includes("could not find expected ':'") &&
    theirs.text.includes("map[string]interface {}{") &&
    Object.values(files).some((text) => /: # /.test(text));
}

/** Also there: a prefix or suffix that is empty, in a field that it creates in a map on one line. */
function isEmptyAffix({ theirs, ours }: Difference, files: Files): boolean {
  const creates = Object.values(files).some((text) =>
    /(Prefix|Suffix)/i.test(text) && /create\W+true/.test(text)
  );
  const nulled = (text: string) => text.replace(/: ""$/gm, ": null");
  return creates && theirs.kind === "built" && ours.kind === "built" &&
    nulled(theirs.text) === nulled(ours.text);
}
