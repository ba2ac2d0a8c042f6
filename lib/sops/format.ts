/**
 * The formats that sops seals, by name and by look.
 *
 * @module
 */

/** A format of sealed files. `binary` is JSON with one value for all of the content. */
export type SopsFormat = "yaml" | "json" | "dotenv" | "ini" | "binary";

const ENDINGS: readonly (readonly [RegExp, SopsFormat])[] = [
  [/\.ya?ml$/, "yaml"],
  [/\.json$/, "json"],
  // The key under which Kubernetes wants it.
  [/\.dockerconfigjson$/, "json"],
  [/\.env$/, "dotenv"],
  [/\.ini$/, "ini"],
];

/**
 * What a file of this name is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(["a.yaml", "prod.env", "token"].map(formatOfName), ["yaml", "dotenv", "binary"]);
 * ```
 */
export function formatOfName(name: string): SopsFormat {
  return ENDINGS.find(([ending]) => ending.test(name))?.[1] ?? "binary";
}

/** What tells a sealed file of each format (contract/kustomize.md §4); `binary` shows as `json`. */
const MARKS: readonly (readonly [SopsFormat, RegExp])[] = [
  ["json", /"mac":\s*"ENC\[/],
  ["dotenv", /^sops_mac=ENC\[/m],
  ["yaml", /^\s+"?mac"?:\s*["']?ENC\[/m],
  ["ini", /^\[sops\]\s*$/m],
];

/**
 * The format that a content is sealed in, if it is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(sealedFormatOf("a: ENC[AES256_GCM,…]\nsops:\n    mac: ENC[AES256_GCM,…]\n"), "yaml");
 * assert.equal(sealedFormatOf("a: 1\n"), undefined);
 * ```
 */
export function sealedFormatOf(text: string): SopsFormat | undefined {
  // Nothing is sealed without one sealed value, the MAC; most files end here.
  if (!text.includes("ENC[")) return undefined;
  return MARKS.find(([, mark]) => mark.test(text))?.[0];
}

/**
 * What shall come out of a content that is sealed as `format`, by the name that it has: YAML and JSON become each other,
 * JSON under any other name is the envelope of a whole file.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([outputOf("token", "json"), outputOf("token", "yaml")], ["binary", "yaml"]);
 * ```
 */
export function outputOf(name: string, format: SopsFormat): SopsFormat {
  const named = formatOfName(name);
  if (format === "json") return named === "json" || named === "yaml" ? named : "binary";
  return format === "yaml" && named === "json" ? named : format;
}
