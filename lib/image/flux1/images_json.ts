/**
 * `fluxctl list-images -o json`: the same as the table, for programs.
 *
 * @module
 */
import { fail, ok, type Result } from "../../base/mod.ts";

/** An image as Flux v1 tells programs of it. */
export interface ImageInfo {
  /** With its tag; empty where it is not known. */
  readonly id: string;
  /** Of its manifest. */
  readonly digest?: string;
  /** Of its configuration. */
  readonly imageId?: string;
  /** Milliseconds since 1970. */
  readonly createdMs?: number;
}

/** A container and the images it could run. */
export interface ContainerInfo {
  /** Its name. */
  readonly name: string;
  /** What it runs. */
  readonly current: ImageInfo;
  /** The newest that its pattern takes. */
  readonly latest: ImageInfo;
  /** The newest first. */
  readonly available: readonly ImageInfo[];
}

/** Images of workloads as JSON, at most `limit` of each container (0 for all). Fails with `InvalidLimit`. */
export function formatImagesJson(
  workloads: readonly { readonly id: string; readonly containers: readonly ContainerInfo[] }[],
  limit: number,
): Result<string> {
  if (limit < 0) return fail("InvalidLimit", "opts.limit cannot be less than 0");
  const list = workloads.map(({ id, containers }) => ({
    ID: id,
    Containers: containers.map(({ name, current, latest, available }) => ({
      Name: name,
      Current: infoOf(current),
      LatestFiltered: infoOf(latest),
      Available: available.slice(0, limit === 0 ? undefined : limit).map(infoOf),
    })),
  }));
  return ok(`${JSON.stringify(list)}\n`);
}

function infoOf({ id, digest, imageId, createdMs }: ImageInfo): Readonly<Record<string, unknown>> {
  return {
    ID: id,
    ...(digest !== undefined && { Digest: digest }),
    ...(imageId !== undefined && { ImageID: imageId }),
    Labels: {},
    ...(createdMs !== undefined &&
      { CreatedAt: new Date(createdMs).toISOString().replace(".000Z", "Z") }),
  };
}
