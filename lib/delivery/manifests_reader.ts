/**
 * Puts together what a thread built; the side of whoever asked.
 *
 * @module
 */
import { parseJson } from "../base/mod.ts";
import { isKubeObject, type KubeObject } from "../kube/mod.ts";
import { BYTES_PER_CHARACTER, type Manifests } from "./build.ts";
import type { BuiltHead } from "./build_job.ts";

/** Reads the parts of an answer one by one. */
export class ManifestsReader {
  readonly #objects: KubeObject[] = [];

  /** Takes the next part. */
  read(part: string): void {
    const objects = parseJson(part);
    if (!Array.isArray(objects)) throw new TypeError("A part of a build is a list of objects");
    for (const object of objects) {
      if (!isKubeObject(object)) throw new TypeError("A build has something that is no object");
      this.#objects.push(object);
    }
  }

  /** All of it. */
  finish({ digest, yaml, places, filesRead }: BuiltHead): Manifests {
    return {
      objects: this.#objects,
      places: this.#objects.length === 0 ? [] : places.split("\0"),
      digest,
      toYaml: () => new TextDecoder().decode(new Uint8Array(yaml).slice()),
      filesRead: new Set(filesRead === "" ? [] : filesRead.split("\0")),
      sizeBytes: yaml.byteLength * BYTES_PER_CHARACTER,
    };
  }
}
