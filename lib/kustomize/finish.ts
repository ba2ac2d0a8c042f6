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
    finished.push(finishKept(resource, wanted, context));
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
  const finished = known ?? finish(resource, wanted, context);
  const where = showId(currentId(resource));
  // As if it had been written: a cache makes no difference.
  if (known !== undefined) context.meter.checkBytes(known.mostChars, where);
  context.meter.spendBytes(finished.text.length, where);
  if (known === undefined) {
    kept?.finished.put("", finished, kept.bytes + ENTRY_BYTES + finished.text.length);
  }
  return finished;
}

function finish(
  resource: Resource,
  wanted: readonly string[],
  context: BuildContext,
): Finished {
  own(resource);
  finishAnnotations(resource, {
    origin: wanted.includes("originAnnotations"),
    transformations: wanted.includes("transformerAnnotations"),
  });
  if (resource.isTied) resource.node = cloneNode(resource.node);
  const mostChars = checkWritable(resource);
  context.meter.checkBytes(mostChars, showId(currentId(resource)));
  const text = flat(emitYaml(resource.node));
  return { built: builtResource(resource, text, context), text, mostChars };
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
    ...(options.provenance !== undefined && options.provenance !== false &&
      provenance !== undefined && { origin: provenance }),
    ...(options.provenance === true && { changedBy }),
    toYaml: () => text,
  };
}

/** JSON, through which every object goes, has text for keys and no endless numbers. Gives how long the text may get. */
function checkWritable({ node, provenance }: Resource): number {
  let most = 0;
  const pending: { at: YamlNode; depth: number }[] = [{ at: node, depth: 0 }];
  for (let top = pending.pop(); top !== undefined; top = pending.pop()) {
    const { at: next, depth } = top;
    if (next.kind === "seq") {
      for (const at of next.items) pending.push({ at, depth: depth + 1 });
    } else if (next.kind === "map") {
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
        most += mostChars(key.value, depth);
        pending.push({ at: value, depth: depth + 1 });
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
      most += mostChars(next.value, depth);
    }
  }
  return most;
}

/** Lines are broken at spaces behind this column. */
const BEST_WIDTH = 80;
const INDENT = 2;
/** An escape, such as `\u2028`, is so many times as long as what it stands for. */
const LONGEST_ESCAPE = 6;
/** What stands around a text: key, quotes, dash, line end. */
const AROUND = 8;

/**
 * Most characters that a text takes when it is written `depth` levels down. Each of its lines is indented, so a few
 * megabytes of line ends far down are gigabytes.
 */
function mostChars(text: string, depth: number): number {
  const indent = depth * INDENT;
  const { length } = text;
  let breaks = 0;
  let spaces = 0;
  let escaped = 0;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code === 10) breaks++;
    else if (code === 32) spaces++;
    else if (code < 32 || code > 126) escaped++;
  }
  const folds = Math.min(spaces, Math.ceil(length / Math.max(1, BEST_WIDTH - indent)));
  return length + escaped * LONGEST_ESCAPE + (1 + breaks + folds) * (indent + AROUND);
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
