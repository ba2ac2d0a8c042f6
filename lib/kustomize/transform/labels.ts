/**
 * Labels and annotations: on the object, in its templates, in its selectors.
 *
 * @module
 */
import type { Meter } from "../../base/mod.ts";
import { stringNode } from "../../yaml/mod.ts";
import { type Config, specsOf } from "../config.ts";
import {
  type FieldSpec,
  fieldSpec,
  makeMap,
  mergeSpecs,
  shareEntry,
  SpecTable,
  visitSelected,
} from "../field_spec.ts";
import type { LabelFields } from "../kustomization.ts";
import { gvkOf } from "../resource.ts";
import type { ResourceList } from "../resource_list.ts";

/** How many labels may be written for one entry of the budget. */
const PAIRS_PER_ENTRY = 4;

/**
 * Writes `pairs` into the fields that `specs` name, in every resource.
 *
 * The places of one resource that get a label here stay tied together: whoever changes it in one of them later changes
 * it in all, as in the tool that we follow. `isTied` of the resource tells, and the end of the build unties them.
 */
export function addPairs(
  resources: ResourceList,
  pairs: ReadonlyMap<string, string>,
  specs: readonly FieldSpec[],
  meter: Meter,
): void {
  if (pairs.size === 0) return;
  const table = new SpecTable(specs);
  // Names sorted, so that of two spellings of a name the same one wins every time.
  const sorted = [...pairs].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  for (const resource of resources.items) {
    const values = sorted.map(([name, value]) => [name, stringNode(value)] as const);
    const fields = table.for(gvkOf(resource.node));
    // Many labels on many resources are more than either.
    meter.spendEntries(Math.ceil(fields.length * values.length / PAIRS_PER_ENTRY), "labels");
    for (const spec of fields) {
      visitSelected(resource, spec, {
        make: makeMap,
        visit: (node) => {
          for (const [name, value] of values) {
            if (shareEntry(node, name, value)) resource.isTied = true;
          }
        },
      });
    }
  }
}

/** The fields that one entry of `labels` writes to. */
export function labelSpecs(label: LabelFields, config: Config): readonly FieldSpec[] {
  const own = mergeSpecs(specsOf(label.fields), config.labels);
  if (label.includeSelectors) return mergeSpecs(own, config.commonLabels);
  const templates = label.includeTemplates ? mergeSpecs(own, config.templateLabels) : own;
  const claims = label.includeVolumeClaimTemplates
    ? mergeSpecs(templates, config.volumeClaimTemplateLabels)
    : templates;
  return mergeSpecs(claims, [fieldSpec("metadata/labels", {}, true)]);
}
