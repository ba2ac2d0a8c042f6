/**
 * Names the writes of a reconcile by what they are for, so that a point can be found again in another run.
 *
 * @module
 */
import { isRecord } from "../../../lib/base/mod.ts";

/** A request, as it is sent. */
export interface SentRequest {
  readonly method: string;
  readonly url: string;
  /** Parsed; undefined when there is none. */
  readonly body: unknown;
}

/** A write to an object of a namespace. */
export interface NamedWrite {
  readonly namespace: string;
  readonly name: string;
}

const OBJECT = /^\/apis?\/.*\/?v\w+\/namespaces\/([^/]+)\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/;
/** They tell of what is done, and nothing depends on them. */
const REMARKS = new Set(["events", "leases", "localsubjectaccessreviews"]);

/** The namespace that a request is about. */
export function namespaceOf(url: string): string | undefined {
  return OBJECT.exec(new URL(url).pathname)?.[1];
}

/**
 * What a write is for; nothing for reads and dry-runs, and for the steps that a run shows while it takes
 * long: they come by the clock, and nothing depends on them.
 */
export function nameWrite({ method, url, body }: SentRequest): NamedWrite | undefined {
  const { pathname, search } = new URL(url);
  const [, namespace, resource = "", object, subresource] = OBJECT.exec(pathname) ?? [];
  const isDryRun = search.includes("dryRun=All") || (isRecord(body) && body.dryRun !== undefined);
  if (namespace === undefined || method === "GET" || isDryRun || REMARKS.has(resource)) {
    return undefined;
  }
  const name = subresource === "status"
    ? nameStatus(resource, isRecord(body) ? body.status : undefined)
    : nameObjectWrite(method, `${resource}/${object}`, body);
  return name === undefined ? undefined : { namespace, name };
}

const PUSH = /^\/([^/]+)\.git\/(?:info\/refs|git-receive-pack)$/;

/** What a request of a push to the repository `NAMESPACE.git` is for; nothing for those of a fetch. */
export function namePush(
  { method, url }: Pick<SentRequest, "method" | "url">,
): NamedWrite | undefined {
  const { pathname, search } = new URL(url);
  const [, namespace] = PUSH.exec(pathname) ?? [];
  if (namespace === undefined) return undefined;
  if (pathname.endsWith("/git-receive-pack")) return { namespace, name: "push" };
  const isLook = method === "GET" && search.includes("git-receive-pack");
  return isLook ? { namespace, name: "look before a push" } : undefined;
}

function nameStatus(resource: string, status: unknown): string | undefined {
  if (!isRecord(status)) return `status of ${resource}`;
  if (status.lastPushCommit !== undefined) return "status of a push";
  const { conditions } = status;
  if (!Array.isArray(conditions)) return `checkpoint of ${resource}`;
  const [ready, reconciling, healthy] = ["Ready", "Reconciling", "Healthy"].map((type) => {
    const found: unknown = conditions.find((condition) => condition?.type === type);
    return isRecord(found) ? found : {};
  });
  // A run that goes on says so, whatever stands in Ready from the last one.
  if (reconciling?.reason !== "Progressing") return `Ready=${ready?.status} of ${resource}`;
  const isWaiting = healthy?.status === "Unknown" && healthy.message === reconciling.message;
  return isWaiting ? `waiting of ${resource}` : undefined;
}

function nameObjectWrite(method: string, object: string, body: unknown): string {
  const metadata = isRecord(body) ? body.metadata : undefined;
  const finalizers = isRecord(metadata) ? metadata.finalizers : undefined;
  if (method === "DELETE") return `delete of ${object}`;
  if (!Array.isArray(finalizers) || !isRecord(body) || "kind" in body) return `apply of ${object}`;
  return `finalizer of ${object} ${finalizers.length > 0 ? "set" : "taken"}`;
}
