/**
 * The test build of the controllers: loaded before their own entry point (`deno run --preload`), it wraps
 * what they reach the world by, `fetch` and the disk. It names each write and, where the plan says so, lets
 * a run stand still there until the process is killed, or plays a bug.
 *
 * The controllers themselves are the ones that ship: they know nothing of this, and run with the same
 * permissions.
 *
 * @module
 */
import { Semaphore } from "../../../lib/base/mod.ts";
import { type BugActs, openBug, type Send } from "./bugs.ts";
import { type Plan, PLAN_VARIABLE, type Report } from "./plan.ts";
import { namePush, namespaceOf, nameWrite } from "./write_name.ts";

const plan: Plan = JSON.parse(Deno.env.get(PLAN_VARIABLE) ?? "{}");
const bugs = new Map<string, BugActs>();
/** How often each write was made, by namespace and name. */
const counts = new Map<string, number>();
/** One place for each namespace that is to stand still after a write: what comes after it has not been sent then. */
const turns = new Map<string, Semaphore>();
const encoder = new TextEncoder();

for (const [namespace, { side }] of Object.entries(plan.holds ?? {})) {
  if (side === "after") turns.set(namespace, new Semaphore(1));
}
for (const [namespace, bug] of Object.entries(plan.bugs ?? {})) bugs.set(namespace, openBug(bug));
wrapFetch();
wrapDisk();

/**
 * Makes a write that may be a point of the plan; only what was carried out counts. Of writes that are made at once
 * some are there after a death, and some are not: all of the first and none of the rest where the run stands still after
 * one, all but one where it stands still before it.
 */
async function make<T>(
  namespace: string,
  name: string,
  act: () => Promise<T>,
  isDone: (result: T) => boolean = () => true,
): Promise<T> {
  const makeNow = () => makeInTurn(namespace, name, act, isDone);
  return await (turns.get(namespace)?.run(makeNow) ?? makeNow());
}

async function makeInTurn<T>(
  namespace: string,
  name: string,
  act: () => Promise<T>,
  isDone: (result: T) => boolean,
): Promise<T> {
  const key = `${namespace} ${name}`;
  const count = (counts.get(key) ?? 0) + 1;
  const write = `${name} #${count}`;
  const hold = plan.holds?.[namespace];
  const side = hold?.write === write ? hold.side : undefined;
  if (side === "before") await standStill(namespace, write);
  const result = await act();
  if (!isDone(result)) return result;
  counts.set(key, count);
  report({ probe: "write", namespace, write });
  if (side === "after") await standStill(namespace, write);
  return result;
}

/** For ever: the process is killed. Whatever else it does meanwhile goes on. */
async function standStill(namespace: string, write: string): Promise<never> {
  report({ probe: "held", namespace, write });
  return await new Promise<never>(() => {});
}

function report(line: Report): void {
  Deno.stderr.writeSync(encoder.encode(`${JSON.stringify(line)}\n`));
}

function wrapFetch(): void {
  const send = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const sent = input instanceof Request ? input : { url: String(input), ...init };
    const { url } = sent;
    const pushed = namePush({ method: sent.method ?? "GET", url });
    if (pushed !== undefined) {
      const push = async () => await readAll(await send(input, init));
      return await make(pushed.namespace, pushed.name, push, (answer) => answer.ok);
    }
    const namespace = url.includes("/namespaces/") ? namespaceOf(url) : undefined;
    if (namespace === undefined) return await send(input, init);
    const body = typeof init?.body === "string" ? JSON.parse(init.body) : undefined;
    const request = { method: init?.method ?? "GET", url, body };
    const named = nameWrite(request);
    const bug = bugs.get(namespace);
    const sendChanged: Send = (changed) => {
      const { method = request.method, contentType } = changed;
      const headers = new Headers(init?.headers);
      if (contentType !== undefined) headers.set("content-type", contentType);
      const content = method === "GET" ? null : JSON.stringify(changed.body ?? body);
      return send(changed.url ?? url, { ...init, method, headers, body: content });
    };
    const act = async (): Promise<Response> => {
      const answer = bug?.request === undefined
        ? await send(input, init)
        : await bug.request({ ...request, name: named?.name }, sendChanged);
      return named === undefined ? answer : await readAll(answer);
    };
    return named === undefined
      ? await act()
      : await make(namespace, named.name, act, (answer) => answer.ok);
  };
}

/** All of an answer: what comes after the headers must not be cut off by a run that stands still. */
async function readAll(answer: Response): Promise<Response> {
  return new Response(await answer.arrayBuffer(), answer);
}

/** The namespace whose artifact lies at a path. */
function ownerOf(path: string): string | undefined {
  return /\/gitrepository\/([^/]+)\//.exec(`${path}/`)?.[1];
}

function wrapDisk(): void {
  const { mkdir, open, remove, rename } = Deno;
  const { sync, write } = Deno.FsFile.prototype;
  const files = new WeakMap<Deno.FsFile, { namespace: string; what: string }>();
  /** Makes a change of the disk that belongs to an artifact. */
  async function change<T>(path: string, name: string, act: () => Promise<T>): Promise<T> {
    const namespace = ownerOf(path);
    return namespace === undefined ? await act() : await make(namespace, name, act);
  }
  const wrapped = {
    mkdir: (path: string, options?: Deno.MkdirOptions) =>
      change(path, "folder of artifact made", () => mkdir(path, options)),
    async open(path: string, options?: Deno.OpenOptions) {
      const isNew = options?.createNew === true;
      const file = isNew
        ? await change(path, "artifact opened", () => open(path, options))
        : await open(path, options);
      const namespace = ownerOf(path);
      const what = isNew ? "artifact" : "folder of artifact";
      if (namespace !== undefined) files.set(file, { namespace, what });
      return file;
    },
    rename(from: string, to: string) {
      const bug = bugs.get(ownerOf(to) ?? "");
      const act = () => bug?.rename?.(from, to) ?? rename(from, to);
      return change(to, "artifact renamed", act);
    },
    remove: (path: string, options?: Deno.RemoveOptions) =>
      change(path, "artifact removed", () => remove(path, options)),
  };
  for (const [name, value] of Object.entries(wrapped)) Reflect.set(Deno, name, value);
  Reflect.set(Deno.FsFile.prototype, "sync", async function (this: Deno.FsFile) {
    const owner = files.get(this);
    if (owner === undefined) return await sync.call(this);
    return await make(owner.namespace, `${owner.what} synced`, () => sync.call(this));
  });
  Reflect.set(
    Deno.FsFile.prototype,
    "write",
    async function (this: Deno.FsFile, piece: Uint8Array) {
      const owner = files.get(this);
      if (owner === undefined) return await write.call(this, piece);
      return await make(owner.namespace, `${owner.what} written`, () => write.call(this, piece));
    },
  );
}
