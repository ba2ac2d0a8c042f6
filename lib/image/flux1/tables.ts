/**
 * What `fluxctl` printed: workloads, images with an arrow at what runs, results of a release.
 *
 * @module
 */
import { formatImageRef, type ImageRef, nameOfImage } from "./image_ref.ts";

/** An image that a registry has. */
export interface AvailableImage {
  /** The image. */
  readonly ref: ImageRef;
  /** Milliseconds since 1970; nothing where it is not known. */
  readonly createdMs?: number | undefined;
}

/** A container and the images it could run. */
export interface ContainerImages {
  /** Its name. */
  readonly name: string;
  /** What it runs. */
  readonly current: ImageRef;
  /** The newest first. */
  readonly available: readonly AvailableImage[];
  /** Why there are none. */
  readonly problem?: string;
}

/** A workload and its containers. */
export interface WorkloadImages {
  /** `ns:kind/name` */
  readonly id: string;
  /** In the order of the manifest. */
  readonly containers: readonly ContainerImages[];
}

/** How a table is printed. */
export interface TableOptions {
  /** Whether the columns have names. */
  readonly hasHeaders: boolean;
}

/** Blanks between two columns. */
const GAP = 2;
const NO_DATA = "image data not available";

/** Rows with columns of one width each; the last one is as wide as it is. */
function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => [...(row[column] ?? "")].length)) + GAP
  );
  return rows.map((row) =>
    row.map((cell, column) =>
      column === row.length - 1 ? cell : cell + " ".repeat((widths[column] ?? 0) - [...cell].length)
    ).join("") + "\n"
  ).join("");
}

function withHeaders(
  headers: readonly string[],
  rows: readonly (readonly string[])[],
  { hasHeaders }: TableOptions,
): string {
  return formatTable(hasHeaders ? [headers, ...rows] : rows);
}

/**
 * The images of workloads, at most `limit` of each container (0 for all), and the one that runs in any case.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const ref = (tag: string) => ({ domain: "", image: "app", tag, digest: "" });
 * const container = { name: "c", current: ref("1"), available: [{ ref: ref("2") }, { ref: ref("1") }] };
 * const table = formatImages([{ id: "d:deployment/a", containers: [container] }], 0, { hasHeaders: false });
 * assert.equal(table, "d:deployment/a  c  app    \n                   |   2  \n                   '-> 1  \n");
 * ```
 */
export function formatImages(
  workloads: readonly WorkloadImages[],
  limit: number,
  options: TableOptions,
): string {
  const rows = sortById(workloads).flatMap(({ id, containers }) =>
    containers.length === 0
      ? [[id, "", "", ""]]
      : containers.flatMap((it, at) => containerRows(at === 0 ? id : "", it, limit))
  );
  return withHeaders(["WORKLOAD", "CONTAINER", "IMAGE", "CREATED"], rows, options);
}

function containerRows(id: string, container: ContainerImages, limit: number): string[][] {
  const { name, current, available, problem } = container;
  const created = available.length > 0 ? "" : problem || NO_DATA;
  const rows = [[id, name, nameOfImage(current), created]];
  const running = available.findIndex(({ ref }) => ref.tag === current.tag);
  for (const [index, { ref, createdMs }] of available.entries()) {
    const isBeyond = limit > 0 && index >= limit;
    if (isBeyond && formatImageRef(ref) !== formatImageRef(current)) continue;
    if (isBeyond && index > limit) rows.push(["", "", `: (${index - limit} image(s) omitted)`, ""]);
    const sign = index === running ? "'->" : running >= 0 && index > running ? "   " : "|  ";
    rows.push(["", "", `${sign} ${ref.tag}`, formatDate(createdMs)]);
  }
  if (running < 0) rows.push(["", "", `'-> ${current.tag || "(untagged)"}`, "?"]);
  return rows;
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** RFC 822 §5.1. */
function formatDate(createdMs: number | undefined): string {
  if (createdMs === undefined) return "";
  const date = new Date(createdMs);
  const two = (value: number) => String(value % 100).padStart(2, "0");
  return `${two(date.getUTCDate())} ${MONTHS[date.getUTCMonth()]} ${two(date.getUTCFullYear())} ` +
    `${two(date.getUTCHours())}:${two(date.getUTCMinutes())} UTC`;
}

/** What is shown of a workload itself. */
export interface WorkloadState {
  /** `ns:kind/name` */
  readonly id: string;
  /** Names and images, in the order of the manifest. */
  readonly containers: readonly { readonly name: string; readonly current: string }[];
  /** `ready`, `updating`. */
  readonly status: string;
  /** Those that hold: `automated`, `locked`, `ignore`. */
  readonly policies: readonly string[];
}

/** Workloads, what they run, and which policies they have. */
export function formatWorkloads(
  workloads: readonly WorkloadState[],
  options: TableOptions,
): string {
  const rows = sortById(workloads).flatMap(({ id, containers, status, policies }) => {
    const [first, ...others] = containers;
    return [
      [id, first?.name ?? "", first?.current ?? "", status, policies.join(",")],
      ...others.map(({ name, current }) => ["", name, current, "", ""]),
    ];
  });
  return withHeaders(["WORKLOAD", "CONTAINER", "IMAGE", "RELEASE", "POLICY"], rows, options);
}

function sortById<T extends { readonly id: string }>(workloads: readonly T[]): readonly T[] {
  return workloads.toSorted((a, b) => a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** What came of a release for one workload. */
export interface ReleaseResult {
  /** `ns/name` */
  readonly id: string;
  /** `success`, `skipped`, `ignored`, `failed`, `unknown`. */
  readonly status: string;
  /** Why it was not done; empty otherwise. */
  readonly error: string;
  /** What its containers run, and the tag they get. */
  readonly containers: readonly {
    readonly name: string;
    readonly current: string;
    readonly target: ImageRef;
  }[];
}

/** Statuses that are told from this verbosity on; all others always. */
const QUIET: Readonly<Record<string, number>> = { ignored: 2, skipped: 1 };

/** Results of a release, workload by workload. */
export function formatRelease(results: readonly ReleaseResult[], verbosity: number): string {
  const rows = sortById(results)
    .filter(({ status }) => verbosity >= (QUIET[status] ?? 0))
    .flatMap(({ id, status, error, containers }) => {
      const updates = containers.map(({ name, current, target }) =>
        `${name}: ${current} -> ${target.tag}`
      );
      const [first = "", ...others] = error === "" ? updates : [error, ...updates];
      return [[id, status, first], ...others.map((it) => ["", "", it])];
    });
  return withHeaders(["WORKLOAD", "STATUS", "UPDATES"], rows, { hasHeaders: true });
}

/** The message of a commit that releases `images` by itself. */
export function formatAutoRelease(images: readonly string[]): string {
  const [only] = images;
  if (images.length === 1 && only !== undefined) return `Auto-release ${only}`;
  const list = images.toSorted().map((image) => ` - ${image}\n`).join("");
  return `Auto-release multiple (${images.length}) images\n\n${list}`;
}
