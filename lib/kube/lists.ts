/**
 * Lists, page by page.
 *
 * @module
 */
import { fail, isRecord, ok, type Result } from "../base/mod.ts";
import type { ApiResource, ObjectList, Selection } from "./cluster.ts";
import { apiVersionOf, isKubeObject, type KubeObject } from "./object.ts";
import { collectionPath, selectionQuery, withQuery } from "./paths.ts";
import { isExpired } from "./status.ts";
import type { ApiRequest, Transport } from "./transport.ts";

/** Objects in a page. */
const PAGE = 500;
/** A server that hands out `continue` for ever is not followed for ever. */
const MOST_PAGES = 20_000;

/** Which list, and what to keep of it. */
export interface ListOptions extends Selection {
  /** Ask as this user. */
  user?: string;
  /** Only metadata. */
  metadataOnly?: boolean;
  /** An answer from before this version is none. */
  notBefore?: string;
  /** Most bytes of all pages together. */
  maxBytes?: number | undefined;
  /** Runs on each object as its page arrives, so that what it drops is never held in full. */
  strip?: (object: KubeObject) => KubeObject;
}

/** Reads all pages; when a page's token expires in between, once more from the start in one piece. */
export async function fetchList(
  transport: Transport,
  resource: ApiResource,
  options: ListOptions,
): Promise<Result<ObjectList>> {
  const paged = await fetchPages(transport, resource, options, PAGE);
  if (paged.ok || !isExpired(paged)) return paged;
  return await fetchPages(transport, resource, options, undefined);
}

async function fetchPages(
  transport: Transport,
  resource: ApiResource,
  options: ListOptions,
  limit: number | undefined,
): Promise<Result<ObjectList>> {
  const path = collectionPath(resource, options.namespace);
  if (!path.ok) return path;
  const items: KubeObject[] = [];
  const { maxBytes = Infinity } = options;
  let next: string | undefined;
  let sizeBytes = 0;
  for (let page = 0; page < MOST_PAGES; page++) {
    // The pages that follow are of the version of the first.
    const since = next === undefined && options.notBefore !== undefined
      ? { resourceVersion: options.notBefore, resourceVersionMatch: "NotOlderThan" }
      : {};
    const query = { ...selectionQuery(options), ...since, limit, continue: next };
    const answer = await transport.send(listRequest(withQuery(path.value, query), options));
    if (!answer.ok) return answer;
    sizeBytes += answer.value.sizeBytes;
    if (sizeBytes > maxBytes) {
      return fail("TooLarge", `${path.value} has more than ${maxBytes} bytes`);
    }
    const list = answer.value.body;
    if (!isRecord(list) || !isRecord(list.metadata)) {
      return fail("InternalError", `${path.value} did not answer with a list`);
    }
    for (const item of Array.isArray(list.items) ? list.items : []) {
      const object = completeObject(item, resource);
      if (object !== undefined) items.push(options.strip?.(object) ?? object);
    }
    next = typeof list.metadata.continue === "string" ? list.metadata.continue : "";
    if (next === "") return ok({ resourceVersion: String(list.metadata.resourceVersion), items });
  }
  return fail("TooLarge", `${path.value} has more than ${MOST_PAGES} pages`);
}

function listRequest(path: string, { user, metadataOnly }: ListOptions): ApiRequest {
  return {
    method: "GET",
    path,
    ...(metadataOnly === true ? { accept: METADATA_LIST } : {}),
    ...(user === undefined ? {} : { user }),
  };
}

/** Asks for metadata alone. */
export const METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/** `value` as an object of its kind: items of lists and bare metadata come without or with another. */
export function completeObject(value: unknown, resource: ApiResource): KubeObject | undefined {
  if (!isRecord(value)) return undefined;
  const { gvk } = resource;
  const isNamed = typeof value.kind === "string" && value.kind !== "" &&
    value.kind !== "PartialObjectMetadata" && typeof value.apiVersion === "string";
  const object = isNamed ? value : { ...value, apiVersion: apiVersionOf(gvk), kind: gvk.kind };
  return isKubeObject(object) ? object : undefined;
}
