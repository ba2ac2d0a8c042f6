/**
 * Fuzzing of YAML: read as a resource, printed by a build.
 *
 * @module
 */
import { buildOurs, type Peer } from "./compare.ts";
import type { Subject } from "./hunt.ts";
import { isMap } from "./model.ts";
import { yamlTexts } from "./yaml_texts.ts";

const TARGET = "in";

/** Any YAML as a resource, and printed again, against the real program. */
export function yamlSubject(peer: Peer): Subject {
  let built = 0;
  let inputs = 0;
  return {
    models: yamlTexts,
    peer,
    target: TARGET,
    render: (model) => ({
      [`${TARGET}/kustomization.yaml`]: "resources: [a.yaml]\n",
      [`${TARGET}/a.yaml`]: "apiVersion: v1\nkind: Odd\nmetadata: {name: odd}\n" +
        (isMap(model) ? String(model.text) : ""),
    }),
    build: (files) => buildOurs(files, TARGET),
    isKnown: () => false,
    count(_model, theirs) {
      inputs++;
      if (theirs.kind === "built") built++;
    },
    report: () => [`${built} of ${inputs} inputs are built by kustomize, the others refused`],
  };
}
