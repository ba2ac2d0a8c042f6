/**
 * Names, texts and other small values, from pools so small that they meet.
 *
 * @module
 */
import fc from "fast-check";
import { dictionary, listOf, type Make, mapOf, oneOf } from "./model.ts";

/** Names of objects. */
export const names = fc.constantFrom("web", "db", "cm", "a.b");
/** Namespaces. */
export const namespaces = fc.constantFrom("ns1", "ns2", "default");
/** Keys of labels, annotations and data. */
export const keys = fc.constantFrom("app", "tier", "a.b/c", "k1", "K_2", "n10", "n9");
/** Kinds, for selectors and references. */
export const kinds = fc.constantFrom(
  "Deployment",
  "ConfigMap",
  "Service",
  "Secret",
  "Widget",
  "Pod",
);

/** Texts that YAML is apt to get wrong, `$(…)` and nested documents. */
export const texts: Make = fc.oneof(
  { weight: 6, arbitrary: oneOf("x", "web", "db", "cm", "frontend", "v1") },
  {
    weight: 3,
    arbitrary: oneOf(
      ..."true no on null ~ 1 1.50 0x1F 1e3 12:30 2001-01-01 - ? = << .5 +1 0o7 é 😀".split(" "),
    ),
  },
  {
    weight: 2,
    arbitrary: oneOf(
      "",
      " x",
      "x ",
      "a: b",
      "a #b",
      "two\nlines",
      "two\nlines\n",
      "\n  x\n",
      "a b ".repeat(30),
      `${"word ".repeat(18)}\nx`,
      "tab\there",
      "$(VAR)/$(OTHER)",
      "$$(VAR)",
      '{"k1":{"app":"x"},"l":[1,"b"]}',
      "k1: {app: x}\nl: [1, b]\n",
      "a-b-c",
      "/web/db/",
    ),
  },
);

/** Scalars as they are written, which JSON could not say. */
export const rawScalars: Make = fc.constantFrom(
  ..."0x1f 017 0o17 1_000 1.0 1e3 1e10 .5 2020-01-01 ~ Null True yes 12345678901234567890 -0 1:30"
    .split(" "),
  '"q"',
  "'s'",
  "!!str 1",
  "",
).map((it) => ({ $raw: it }));

/** Any scalar. */
export const scalars: Make = fc.oneof(
  { weight: 6, arbitrary: texts },
  { weight: 2, arbitrary: oneOf(0, 1, -3, 1.5, 8080, true, false) },
  { weight: 1, arbitrary: rawScalars },
);

/** Any small value. */
export const values: Make = fc.oneof(
  { weight: 5, arbitrary: scalars },
  { weight: 1, arbitrary: listOf(scalars, 3, 0) },
  { weight: 1, arbitrary: dictionary(keys, scalars) },
  { weight: 1, arbitrary: listOf(mapOf({}, { name: names, value: scalars, k1: scalars }), 2) },
);

/** Labels, and what selects by them. */
export const labelMap = dictionary(keys, oneOf("x", "y", "web", "1", "true", "a b"));

/** Images of containers. */
export const images = oneOf(
  "nginx",
  "nginx:1.2",
  "nginx@sha256:24a0c4b4",
  "nginx:1@sha256:24a0c4b4",
  "reg.io:5000/nginx:1",
  "my.nginx",
  "",
);

/** Image references and the names of image rules. */
export const imageNames = oneOf("nginx", "reg.io:5000/nginx", "my.nginx", "n.*x", "(", "");
