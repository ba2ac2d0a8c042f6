/**
 * Fuzzing of whole builds.
 *
 * @module
 */
import { buildOurs } from "./compare.ts";
import { Coverage } from "./coverage.ts";
import type { Subject } from "./hunt.ts";
import { FIELDS, kustomizations, TOP } from "./kustomizations.ts";
import type { Peer } from "./peer.ts";
import { renderFiles } from "./render.ts";

const LEAST_SHARE = 0.01;

/** Every field of kustomization.yaml against the real program. */
export function kustomizeSubject(peer: Peer): Subject {
  const coverage = new Coverage();
  let built = 0;
  let inputs = 0;
  return {
    models: kustomizations,
    peer,
    target: TOP,
    render: renderFiles,
    build: (files) => buildOurs(files),
    isKnown: () => false,
    count(model, theirs) {
      inputs++;
      coverage.add(model);
      if (theirs.kind === "built") built++;
    },
    report() {
      const rare = coverage.rare(
        [...Object.keys(FIELDS), "resources", "components", "bases"],
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
