/**
 * Holds what users of Flux v1 have against `cases/flux/flux1.json`.
 *
 * @module
 */
import { defaultBudget, isEqualJson } from "../../lib/base/mod.ts";
import {
  checkImageSpec,
  formatAutoRelease,
  formatImageRef,
  formatImages,
  formatImagesJson,
  formatRelease,
  formatWorkloads,
  hasPolicy,
  type ImageRef,
  locateImage,
  newestTags,
  orderByDate,
  orderByVersion,
  parseImageRef,
  parseTagPattern,
  setContainerImage,
  setPolicies,
  tagPatternOf,
} from "../../lib/image/mod.ts";
import { parseDocuments, toPlain } from "../../lib/yaml/mod.ts";

type Texts = Readonly<Record<string, string>>;

interface ImagesInput {
  readonly op: "listImagesTab";
  readonly limit: number;
  readonly noHeaders: boolean;
  readonly images: readonly {
    readonly id: string;
    readonly containers: readonly {
      readonly name: string;
      readonly current: string;
      readonly availableError: string;
      readonly available: readonly { readonly image: string; readonly createdAt?: string }[];
    }[];
  }[];
}

interface WorkloadsInput {
  readonly op: "listWorkloadsTab";
  readonly noHeaders: boolean;
  readonly workloads: readonly {
    readonly id: string;
    readonly status: string;
    readonly automated: boolean;
    readonly locked: boolean;
    readonly ignore: boolean;
    readonly containers: readonly { readonly name: string; readonly current: string }[];
  }[];
}

interface ReleaseInput {
  readonly op: "printReleaseResults";
  readonly verbosity: number;
  readonly result: Readonly<
    Record<string, {
      readonly status: string;
      readonly error: string;
      readonly perContainer: readonly {
        readonly container: string;
        readonly current: string;
        readonly target: string;
      }[];
    }>
  >;
}

interface FileInput {
  readonly manifest: string;
  readonly resource: string;
}

type Input =
  | ImagesInput
  | WorkloadsInput
  | ReleaseInput
  | { readonly op: "tagPattern"; readonly pattern: string; readonly tags: readonly string[] }
  | { readonly op: "getTagPattern"; readonly container: string; readonly policies: Texts | null }
  | { readonly op: "policyHas"; readonly policies: Texts; readonly policy: string }
  | { readonly op: "parseImageRef"; readonly ref: string }
  | { readonly op: "parseImageSpec"; readonly spec: string }
  | {
    readonly op: "orderImages";
    readonly by: "semver" | "created";
    readonly images: readonly { readonly tag: string; readonly createdAt?: string }[];
  }
  | { readonly op: "filterAndSort"; readonly pattern: string; readonly tags: readonly string[] }
  | { readonly op: "automatedCommitMessage"; readonly images: readonly string[] }
  | { readonly op: "listImagesJson"; readonly availableCount: number; readonly limit: number }
  | (FileInput & {
    readonly op: "updatePolicies";
    readonly add: Texts | null;
    readonly remove: Texts | null;
  })
  | (FileInput & {
    readonly op: "updateContainerImage";
    readonly containers: readonly string[];
    readonly image: string;
  });

interface Row {
  readonly input: Input;
  readonly expect: Readonly<Record<string, unknown>>;
}

/** Why the row fails, or nothing. */
export function runRow(row: unknown): string | undefined {
  // The file's own README gives rows this shape.
  const { input, expect } = row as Row;
  if (input.op === "updateContainerImage") return checkImage(input, String(expect.manifest));
  const got = answer(input, expect);
  return isEqualJson(got, expect)
    ? undefined
    : `got ${JSON.stringify(got)}, want ${JSON.stringify(expect)}`;
}

type Answered = Exclude<Input, { readonly op: "updateContainerImage" }>;

function answer(input: Answered, expect: Row["expect"]): Readonly<Record<string, unknown>> {
  switch (input.op) {
    case "tagPattern":
      return describePattern(input.pattern, input.tags);
    case "getTagPattern":
      return { pattern: tagPatternOf(mapOf(input.policies), input.container).text };
    case "policyHas":
      return { has: hasPolicy(mapOf(input.policies), input.policy) };
    case "parseImageRef":
      return describeRef(input.ref);
    case "parseImageSpec": {
      const checked = checkImageSpec(input.spec);
      return checked.ok ? { valid: true } : { error: checked.message, valid: false };
    }
    case "orderImages": {
      const order = input.by === "semver" ? orderByVersion : orderByDate;
      const tags = input.images.map(({ tag, createdAt }) => ({ tag, createdMs: msOf(createdAt) }));
      return { newestFirst: order(tags).map(({ tag }) => tag) };
    }
    case "filterAndSort": {
      const tags = newestTags(input.tags.map((tag) => ({ tag })), parseTagPattern(input.pattern));
      return { newestFirst: tags.map(({ tag }) => tag) };
    }
    case "automatedCommitMessage":
      return { message: formatAutoRelease(input.images) };
    case "listImagesTab":
      return { output: imagesTable(input) };
    case "listImagesJson":
      return imagesJson(input.availableCount, input.limit, "output" in expect);
    case "listWorkloadsTab":
      return { output: workloadsTable(input) };
    case "printReleaseResults":
      return { output: releaseTable(input) };
    case "updatePolicies": {
      const { manifest, resource, add, remove } = input;
      const change = { workload: resource, add: mapOf(add), remove: new Set(mapOf(remove).keys()) };
      const set = setPolicies("f.yaml", manifest, change, defaultBudget());
      return set.ok ? { manifest: set.value } : { error: true };
    }
  }
}

function mapOf(texts: Texts | null): ReadonlyMap<string, string> {
  return new Map(Object.entries(texts ?? {}));
}

function msOf(date: string | undefined): number | undefined {
  return date === undefined ? undefined : Date.parse(date);
}

function refOf(text: string): ImageRef {
  const ref = parseImageRef(text);
  if (!ref.ok) throw new TypeError(ref.message);
  return ref.value;
}

function describePattern(text: string, tags: readonly string[]): Readonly<Record<string, unknown>> {
  const pattern = parseTagPattern(text);
  return {
    matches: Object.fromEntries(tags.map((tag) => [tag, pattern.matches(tag)])),
    requiresTimestamp: pattern.ordersByDate,
    string: pattern.text,
    type: pattern.type,
    valid: pattern.isValid,
  };
}

function describeRef(text: string): Readonly<Record<string, unknown>> {
  const ref = parseImageRef(text);
  if (!ref.ok) return { error: ref.message };
  const { domain, image, tag } = ref.value;
  const { registry, repository } = locateImage(ref.value);
  const canonical = `${registry}/${repository}${tag === "" ? "" : `:${tag}`}`;
  return { canonical, domain, image, registry, repository, string: formatImageRef(ref.value), tag };
}

function imagesTable({ images, limit, noHeaders }: ImagesInput): string {
  const workloads = images.map(({ id, containers }) => ({
    id,
    containers: containers.map(({ name, current, available, availableError }) => ({
      name,
      current: refOf(current),
      problem: availableError,
      available: available.map(({ image, createdAt }) => ({
        ref: refOf(image),
        createdMs: msOf(createdAt),
      })),
    })),
  }));
  return formatImages(workloads, limit, { hasHeaders: !noHeaders });
}

/** The rows say how many images there are; what they are is written in the test they come from. */
function imagesJson(
  count: number,
  limit: number,
  hasOutput: boolean,
): Readonly<Record<string, unknown>> {
  const none = { id: "" };
  const available = Array.from({ length: count }, (_, at) => ({
    id: "",
    digest: `abc123${at}`,
    imageId: `deadbeef${at}`,
  }));
  const container = { name: "TestContainer", current: none, latest: none, available };
  const output = formatImagesJson([{ id: "", containers: [container] }], limit);
  if (!output.ok) return { error: output.message };
  const shown = output.value.split('"Digest"').length - 1;
  return { availableCount: shown, ...(hasOutput && { output: output.value }) };
}

function workloadsTable({ workloads, noHeaders }: WorkloadsInput): string {
  const states = workloads.map(({ id, containers, status, ...flags }) => ({
    id,
    containers,
    status,
    policies: (["automated", "locked", "ignore"] as const).filter((policy) => flags[policy]),
  }));
  return formatWorkloads(states, { hasHeaders: !noHeaders });
}

function releaseTable({ result, verbosity }: ReleaseInput): string {
  const results = Object.entries(result).map(([id, { status, error, perContainer }]) => ({
    id,
    status,
    error,
    containers: perContainer.map(({ container, current, target }) => ({
      name: container,
      current,
      target: refOf(target),
    })),
  }));
  return formatRelease(results, verbosity);
}

/** Flux v1's tool indents and lines up comments anew; here the file has to read the same, and the rest to stay. */
function checkImage(
  input: Input & { readonly op: "updateContainerImage" },
  want: string,
): string | undefined {
  const { manifest, resource, containers, image } = input;
  const change = { workload: resource, containers, image };
  const set = setContainerImage("f.yaml", manifest, change, defaultBudget());
  if (!set.ok) return set.message;
  if (!isEqualJson(readAll(set.value), readAll(want))) {
    return `${set.value} reads otherwise than ${want}`;
  }
  const changed = changedLines(manifest, set.value);
  const odd = changed.find(([before, after]) => {
    const [lead] = before.split(/(?<=image: *['"]?)(?=[^ '"])/);
    const [, tail = ""] = /image: *['"]?[^ '"]+(.*)$/.exec(before) ?? [];
    return after !== `${lead}${image}${tail}`;
  });
  return odd === undefined ? undefined : `${odd[0]} became ${odd[1]}`;
}

function readAll(text: string): readonly unknown[] {
  const parsed = parseDocuments(text);
  return parsed.ok ? parsed.value.map(({ node }) => toPlain(node)) : [parsed.message];
}

function changedLines(before: string, after: string): readonly (readonly [string, string])[] {
  const lines = after.split("\n");
  return before.split("\n").map((line, at) => [line, lines[at] ?? ""] as const)
    .filter(([old, now]) => old !== now);
}
