/**
 * YAML as Kubernetes' Go tools read and write it, over one node tree with positions.
 *
 * @module
 */
export { type BlockPlace, emitDocuments, emitText, emitYaml } from "./emit.ts";
export { emitJson } from "./emit_json.ts";
export { parseFields } from "./fields.ts";
export * from "./node.ts";
export { formatFloat } from "./number.ts";
export { parseDocuments, parseOne, type ParseOptions, type YamlDocument } from "./parse.ts";
export { fromPlain, toPlain } from "./plain.ts";
export { isTrue, resolvePlain, type YamlMode } from "./resolve.ts";
export { writeOnLine } from "./_scalar_text.ts";
export { type ScalarEdit, type SpliceOptions, spliceScalars } from "./splice.ts";
