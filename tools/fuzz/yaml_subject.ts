/**
 * Fuzzing of YAML: read as a resource, printed by a build.
 *
 * @module
 */
import { buildOurs, type Difference } from "./compare.ts";
import type { Subject } from "./hunt.ts";
import { isMap } from "./model.ts";
import type { Peer } from "./peer.ts";
import type { Files } from "./render.ts";
import { yamlTexts } from "./yaml_texts.ts";

const TARGET = "in";

/** What docs/spec/yaml.md lists under "Unlike Go". */
function isUnlikeGo({ theirs, ours }: Difference, files: Files): boolean {
  if (ours.text.includes("found content behind the end of the document")) return true;
  const hasOwnTag = Object.values(files).some((text) => /(?:^|[\s,[{?])!(?![!\s])/.test(text));
  return hasOwnTag && theirs.kind === "refused" &&
    theirs.text.includes("unsupported type: map[interface {}]interface {}");
}

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
    build: (files) => buildOurs(files, { target: TARGET }),
    isKnown: isUnlikeGo,
    count(_model, theirs) {
      inputs++;
      if (theirs.kind === "built") built++;
    },
    report: () => [`${built} of ${inputs} inputs are built by kustomize, the others refused`],
  };
}
