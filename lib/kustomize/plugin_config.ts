/**
 * Reads the configuration object of a built-in generator or transformer.
 *
 * @module
 */
import type { BuildContext } from "./context.ts";
import { decodeDocument, type Decoder } from "./decode.ts";
import type { Resource } from "./resource.ts";

/** Decodes a configuration object; unknown fields are skipped, numbers pass for text. */
export function decodePlugin<T>(config: Resource, shape: Decoder<T>, context: BuildContext): T {
  const path = config.provenance?.path ?? context.file;
  return decodeDocument(config.node, shape, { path, strict: false, coerce: true });
}
