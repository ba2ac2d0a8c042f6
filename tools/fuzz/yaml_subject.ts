/**
 * Fuzzing of YAML: read as a resource, printed by a build.
 *
 * @module
 */
import { buildOurs } from "./compare.ts";
import type { Subject } from "./hunt.ts";
import { isMap } from "./model.ts";
import type { Peer } from "./peer.ts";
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
    // docs/spec/yaml.md, "Unlike Go": the tool passes over it in silence.
    isKnown: ({ ours }) => ours.text.includes("found content behind the end of the document"),
    count(_model, theirs) {
      inputs++;
      if (theirs.kind === "built") built++;
    },
    report: () => [`${built} of ${inputs} inputs are built by kustomize, the others refused`],
  };
}
