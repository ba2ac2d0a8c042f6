/**
 * What sets pieces of patches apart from pieces of objects: nulls, directives and comments that are schemas.
 *
 * @module
 */
import fc from "fast-check";
import { type Json, listOf, type Make, oneOf } from "./model.ts";

/** How an object or a patch is made. */
export interface Style {
  /** Nulls, directives and keys left out, as in patches. */
  readonly patchy: boolean;
}

/** Or null, in patches. */
export function nullable(make: Make, { patchy }: Style): Make {
  return patchy ? fc.oneof({ weight: 7, arbitrary: make }, oneOf(null)) : make;
}

/** Comments that are schemas. */
const notes = oneOf(
  "{}",
  '{"$imagepolicy": "ns:name"}',
  '{"type":"array","x-kubernetes-patch-strategy":"merge","x-kubernetes-patch-merge-key":"name"}',
  '{"type":"array","x-kubernetes-patch-strategy":"merge"}',
  '{"type":"array","items":{"$ref":"#/definitions/io.k8s.api.core.v1.Container"},' +
    '"x-kubernetes-patch-strategy":"merge","x-kubernetes-patch-merge-key":"name"}',
  "note",
);

/** Items of a list, which few have a comment; in patches some carry a directive. */
export function items(style: Style, item: Make, most = 3): Make {
  const list = bareItems(style, item, most);
  return fc.oneof(
    { weight: 40, arbitrary: list },
    {
      weight: 1,
      arbitrary: fc.tuple(list, notes).map(([it, note]): Json => ({ $noted: it, note })),
    },
  );
}

function bareItems(style: Style, item: Make, most: number): Make {
  if (!style.patchy) return listOf(item, most, 1);
  const directive = oneOf("delete", "replace", "merge", "delete", "odd");
  const marked = fc.tuple(item, directive).map(([it, word]): Json =>
    typeof it === "object" && it !== null ? { ...it, $patch: word } : it
  );
  const alone = directive.map((word): Json => ({ $patch: word }));
  const any = fc.oneof(
    { weight: 8, arbitrary: item },
    { weight: 2, arbitrary: marked },
    { weight: 1, arbitrary: alone },
  );
  return listOf(any, most, 0);
}
