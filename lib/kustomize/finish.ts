/**
 * The end of a build: bookkeeping is taken out of each resource, what cannot be written is refused, the rest is.
 *
 * @module
 */
import { cloneNode, emitYaml, type MapNode, toPlain, type YamlNode } from "../yaml/mod.ts";
import type { BuiltResource, Provenance } from "./built.ts";
import { ENTRY_BYTES } from "./cache.ts";
import type { BuildContext } from "./context.ts";
import type { Build } from "./face.ts";
import type { Finished } from "./kept.ts";
import { finishAnnotations } from "./origin.ts";
import { Refusal, runAll } from "./refusal.ts";
import {
  apiVersionOf,
  currentId,
  kindOf,
  nameOf,
  namespaceOf,
  own,
  type Resource,
} from "./resource.ts";
import { showId } from "./resource_id.ts";
import type { ResourceList } from "./resource_list.ts";

/** Finishes every resource; tells of all that cannot be written. */
export function finishBuild(
  { items }: ResourceList,
  wanted: readonly string[],
  context: BuildContext,
): Build {
  const finished: Finished[] = [];
  runAll(items.map((resource) => () => {
    const done = finishKept(resource, wanted, context);
    context.meter.spendBytes(done.text.length, showId(currentId(resource)));
    finished.push(done);
  }));
  const { loader, warnings } = context;
  return {
    resources: finished.map(({ built }) => built),
    filesRead: loader.filesRead,
    warnings,
    toYaml: () => finished.map(({ text }) => text).join("---\n"),
  };
}

/** Finishes a resource, unless an earlier build has done it. */
function finishKept(
  resource: Resource,
  wanted: readonly string[],
  context: BuildContext,
): Finished {
  const kept = context.keeper?.stateOf(resource);
  const known = kept?.finished.get("");
  if (known !== undefined) return known;
  own(resource);
  finishAnnotations(resource, {
    origin: wanted.includes("originAnnotations"),
    transformations: wanted.includes("transformerAnnotations"),
  });
  if (resource.isTied) resource.node = cloneNode(resource.node);
  checkWritable(resource);
  const text = flat(emitYaml(resource.node));
  const finished: Finished = { built: builtResource(resource, text, context), text };
  kept?.finished.put("", finished, kept.bytes + ENTRY_BYTES + text.length);
  return finished;
}

/** The same text in one piece: one that was put together is joined to others piece by piece, each time. */
function flat(text: string): string {
  text.charCodeAt(0);
  return text;
}

function builtResource(
  { node, provenance, changedBy }: Resource,
  text: string,
  { options }: BuildContext,
): BuiltResource {
  const namespace = namespaceOf(node);
  return {
    node,
    apiVersion: apiVersionOf(node),
    kind: kindOf(node),
    name: nameOf(node),
    ...(namespace !== "" && { namespace }),
    ...(options.provenance && provenance !== undefined && { origin: provenance }),
    ...(options.provenance && { changedBy }),
    toYaml: () => text,
  };
}

/** JSON, through which every object goes, has text for keys and no endless numbers. Gives the length of all texts. */
function checkWritable({ node, provenance }: Resource): number {
  let length = 0;
  const pending: YamlNode[] = [node];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.kind === "seq") { for (const item of next.items) pending.push(item); }
    else if (next.kind === "map") {
      for (const { key, value } of next.entries) {
        if (next !== node && key.tag !== "str" && key.tag !== "merge") {
          throw new Refusal(
            `key ${key.value} of ${kindOf(node)} "${nameOf(node)}" must be text; put it in quotes`,
            {
              path: provenance?.path ?? "",
              line: key.at?.line ?? provenance?.line,
            },
          );
        }
        checkCharacters(key.value, next, node, provenance);
        length += key.value.length;
        pending.push(value);
      }
    } else if (next.tag === "float" && /^[-+]?\.(inf|nan)$/i.test(next.value)) {
      throw new Refusal(
        `${next.value} in ${kindOf(node)} "${nameOf(node)}" is no number that JSON has`,
        {
          path: provenance?.path ?? "",
          line: next.at?.line ?? provenance?.line,
        },
      );
    } else {
      const text = next.tag === "binary" ? String(toPlain(next)) : next.value;
      checkCharacters(text, next, node, provenance);
      length += next.value.length;
    }
  }
  return length;
}

/** An escape may hold them, but the JSON through which every object goes has them bare, and YAML has not. */
const UNREADABLE = /[\x7f-\x84\x86-\x9f\ufffe\uffff]/;

function checkCharacters(
  text: string,
  at: YamlNode,
  node: MapNode,
  provenance: Provenance | undefined,
): void {
  if (!UNREADABLE.test(text)) return;
  throw new Refusal(
    `a text of ${kindOf(node)} "${nameOf(node)}" has a control character, which is not allowed; ` +
      "put it into binaryData, or leave it out",
    { path: provenance?.path ?? "", line: at.at?.line ?? provenance?.line },
  );
}
