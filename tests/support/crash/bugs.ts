/**
 * Bugs that the checker must find, planted between the controllers and the world: a write that is dropped,
 * changed or added. What the log shows is what a controller with that bug would have done.
 *
 * @module
 */
import { isRecord } from "../../../lib/base/mod.ts";
import { fieldOf } from "../../../tools/demo/observe.ts";
import type { SentRequest } from "./write_name.ts";

/** A request with what its write is called, if it is one. */
export interface BugRequest extends SentRequest {
  readonly name: string | undefined;
}

/** What is sent in a request's place; what is not named stays as it is. */
export interface ChangedRequest extends Partial<SentRequest> {
  readonly contentType?: string;
}

/** Sends the request, or another one. */
export type Send = (changed: ChangedRequest) => Promise<Response>;

/** What a bug does. */
export interface BugActs {
  /** Answers a request of its namespace. */
  request?(request: BugRequest, send: Send): Promise<Response>;
  /** Moves an artifact to its place. */
  rename?(from: string, to: string): Promise<void>;
}

const APPLY = "application/apply-patch+yaml";
const NOTHING = "0".repeat(40);

const BUGS = {
  "no checkpoint": () => onWrite("checkpoint of", pretendStatus),
  "a checkpoint without the old entries": () =>
    onWrite("checkpoint of", ({ body }, send) => send({ body: withoutOld(body) })),
  "a delete by name alone": () =>
    onWrite(
      "delete of",
      ({ body }, send) => send({ body: { ...Object(body), preconditions: undefined } }),
    ),
  "a delete after a failed build": () =>
    onWrite("Ready=False of kustomizations", async (request, send) => {
      await deleteObject("configmaps/old", request, send);
      return await send({});
    }),
  "a delete after half an apply": () => onWrite("apply of configmaps/b", pretendApply),
  "a delete of a bystander": () =>
    onWrite("delete of configmaps/old", async (request, send) => {
      await deleteObject("configmaps/bystander", request, send);
      return await send({});
    }),
  "a delete of what could be changed": () => {
    let count = 0;
    return onWrite("apply of configmaps/a", async (request, send) => {
      if (count++ > 0) await deleteObject("configmaps/a", request, send);
      return await send({});
    });
  },
  "a delete that is only believed": () => believeDeleted("configmaps/old"),
  "a finalizer that goes too early": () => believeDeleted("configmaps/a"),
  "Ready before health": () =>
    onWrite("waiting of", ({ body }, send) => send({ body: asReady(body) })),
  "Ready after a failed build": () =>
    onWrite("Ready=False of kustomizations", ({ body }, send) => send({ body: asReady(body) })),
  "a generation observed too early": () =>
    onWrite(
      "checkpoint of",
      ({ body }, send) => send({ body: withStatus(body, { observedGeneration: 1 }) }),
    ),
  "an old apply that comes late": () => {
    let old: unknown;
    return onWrite("", async ({ name = "", url, body }, send) => {
      const answer = await send({});
      if (name.startsWith("apply of configmaps/a")) old ??= body;
      if (name.startsWith("delete of configmaps/old")) {
        const late = `${urlOf("configmaps/a", url)}?fieldManager=kustomize-controller&force=true`;
        await send({ url: late, method: "PATCH", body: old, contentType: APPLY });
      }
      return answer;
    });
  },
  "a revision that nobody served": () =>
    onWrite("Ready=True of kustomizations", ({ body }, send) => {
      const { lastAppliedRevision } = Object(fieldOf(body, "status"));
      const other = String(lastAppliedRevision).replace(/:.*/, `:${NOTHING}`);
      return send({ body: withStatus(body, { lastAppliedRevision: other }) });
    }),
  "an artifact that is half written": () => ({
    async rename(from, to) {
      const bytes = await Deno.readFile(from);
      await Deno.writeFile(to, bytes.subarray(0, bytes.length >> 1));
      await Deno.remove(from);
    },
  }),
  "a digest that is wrong": () =>
    onWrite("Ready=True of gitrepositories", ({ body }, send) => {
      const artifact = {
        ...Object(fieldOf(body, "status", "artifact")),
        digest: `sha256:${NOTHING}`,
      };
      return send({ body: withStatus(body, { artifact }) });
    }),
  "Ready on an empty store": () => onWrite("Ready=False of gitrepositories", pretendStatus),
} as const satisfies Readonly<Record<string, () => BugActs>>;

/** The name of a bug. */
export type PlantedBug = keyof typeof BUGS;

/** All bugs. */
export const PLANTED_BUGS = Object.keys(BUGS) as readonly PlantedBug[];

/** A bug for one namespace. */
export function openBug(bug: PlantedBug): BugActs {
  return BUGS[bug]();
}

/** Acts on the writes whose name begins so; all other requests go through. */
function onWrite(start: string, act: NonNullable<BugActs["request"]>): BugActs {
  return {
    request: (request, send) =>
      request.name?.startsWith(start) === true ? act(request, send) : send({}),
  };
}

/** Answers as if the status had been stored. */
async function pretendStatus({ url, body }: BugRequest, send: Send): Promise<Response> {
  const answer = await send({ url: url.replace(/\/status(\?.*)?$/, ""), method: "GET" });
  const object = await answer.json();
  return Response.json({ ...object, status: { ...object.status, ...Object(body).status } });
}

/** Answers as if the object had been stored. */
function pretendApply({ url }: BugRequest, send: Send): Promise<Response> {
  return send({ url: `${url}&dryRun=All` });
}

/** Answers as if the object had been deleted, from then on. */
function believeDeleted(object: string): BugActs {
  let isGone = false;
  return {
    async request({ method, url, name }, send) {
      const isIt = new URL(url).pathname.endsWith(`/${object}`);
      if (isIt && isGone) return notFound(object);
      if (!isIt || method !== "DELETE" || name === undefined) return await send({});
      isGone = true;
      return Response.json({ kind: "Status", status: "Success" });
    },
  };
}

/** As the API server says it. */
function notFound(object: string): Response {
  const [kind = "", name = ""] = object.split("/");
  const status = {
    apiVersion: "v1",
    kind: "Status",
    metadata: {},
    status: "Failure",
    message: `${kind} "${name}" not found`,
    reason: "NotFound",
    details: { name, kind },
    code: 404,
  };
  return Response.json(status, { status: 404 });
}

/** Deletes one more object, as a controller would that has looked at it. */
async function deleteObject(object: string, { url }: BugRequest, send: Send): Promise<void> {
  const place = urlOf(object, url);
  const found = await (await send({ url: place, method: "GET" })).json();
  const preconditions = { uid: found.metadata.uid };
  const body = { apiVersion: "v1", kind: "DeleteOptions", preconditions };
  await send({ url: place, method: "DELETE", body, contentType: "application/json" });
}

/** Where an object of the core group lies, in the namespace of another request. */
function urlOf(object: string, url: string): string {
  const { origin, pathname } = new URL(url);
  const [, namespace] = /\/namespaces\/([^/]+)\//.exec(pathname) ?? [];
  return `${origin}/api/v1/namespaces/${namespace}/${object}`;
}

function withStatus(body: unknown, status: Readonly<Record<string, unknown>>): unknown {
  return { ...Object(body), status: { ...Object(fieldOf(body, "status")), ...status } };
}

/** The entries of the newest revision alone, once there is an older one. */
function withoutOld(body: unknown): unknown {
  const found = fieldOf(body, "status", "inventory", "entries");
  const entries: unknown[] = Array.isArray(found) ? found : [];
  const has = (name: string) => (entry: unknown) => String(fieldOf(entry, "id")).includes(name);
  if (!entries.some(has("_b_"))) return body;
  return withStatus(body, {
    inventory: { entries: entries.filter((entry) => !has("_old_")(entry)) },
  });
}

/** The status of a run that came to its end. */
function asReady(body: unknown): unknown {
  const found = fieldOf(body, "status", "conditions");
  const conditions = Array.isArray(found) ? found.filter(isRecord) : [];
  const ready = conditions.find(({ type }) => type === "Ready");
  const revision = JSON.stringify(body).match(/\w+@sha1:\w+/g)?.at(-1);
  return withStatus(body, {
    conditions: [{ ...ready, status: "True", reason: "ReconciliationSucceeded" }],
    observedGeneration: ready?.observedGeneration,
    lastAppliedRevision: revision,
  });
}
