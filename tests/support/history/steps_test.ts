import assert from "node:assert/strict";
import { preconditionOf, replaySteps } from "./steps.ts";

const MAP = object("v1", "ConfigMap", { uid: "u1", resourceVersion: "1" });
const HELD = {
  ...MAP,
  metadata: { ...MAP.metadata, finalizers: ["a"], deletionTimestamp: "2026-01-01T00:00:00Z" },
};
const LET_GO = { ...HELD, metadata: { ...HELD.metadata, finalizers: [] } };
const STATUS = { apiVersion: "v1", kind: "Status", metadata: {}, status: "Success" };

const cases = [
  {
    name: "a create, a patch and a delete",
    lines: [
      line(1, "create", { name: "", responseObject: MAP }),
      line(2, "patch", { responseObject: { ...MAP, data: { a: "b" } } }),
      line(3, "delete", { responseObject: STATUS, code: 200 }),
    ],
    want: ["create: nothing → MAP", "patch: MAP → changed", "delete: changed → nothing"],
  },
  {
    name: "a finalizer that holds an object, and lets it go",
    lines: [
      line(1, "create", { responseObject: MAP }),
      line(2, "delete", { responseObject: HELD }),
      line(3, "patch", { responseObject: LET_GO }),
    ],
    want: ["create: nothing → MAP", "delete: MAP → held", "patch: held → nothing"],
  },
  {
    name: "what takes a whole namespace along",
    lines: [
      line(1, "create", { responseObject: MAP }),
      line(2, "deletecollection", { name: "", responseObject: STATUS }),
    ],
    want: ["create: nothing → MAP", "delete: MAP → nothing"],
  },
  {
    name: "requests in the order in which they came, whatever that of the lines",
    lines: [
      line(2, "patch", { responseObject: { ...MAP, data: { a: "b" } } }),
      line(1, "create", { responseObject: MAP }),
    ],
    want: ["create: nothing → MAP", "patch: MAP → changed"],
  },
  {
    name: "what the server gave up on, as it was before",
    lines: [
      line(1, "create", { responseObject: MAP }),
      line(2, "delete", { responseObject: STATUS, code: 504 }),
    ],
    want: ["create: nothing → MAP", "perhaps delete: MAP → MAP"],
  },
  {
    name: "what the server gave up on, as it was sent where there was nothing",
    lines: [line(1, "patch", { requestObject: MAP, responseObject: STATUS, code: 504 })],
    want: ["perhaps patch: nothing → MAP"],
  },
  {
    name: "nothing of reads, refusals, dry-runs and other kinds of answers",
    lines: [
      line(1, "get", { responseObject: MAP }),
      line(2, "create", { responseObject: STATUS, code: 409 }),
      line(3, "patch", { responseObject: MAP, query: "?dryRun=All" }),
      line(4, "create", { responseObject: MAP, subresource: "eviction" }),
      line(5, "create", { responseObject: MAP, stage: "ResponseStarted" }),
      "",
    ],
    want: [],
  },
] as const;

for (const { name, lines, want } of cases) {
  Deno.test(`replaySteps() tells ${name}`, () => {
    const got = replaySteps(lines.join(""));

    const told = got.map(({ verb, before, after, isUncertain }) =>
      `${isUncertain ? "perhaps " : ""}${verb}: ${word(before)} → ${word(after)}`
    );
    assert.deepEqual(told, want);
  });
}

Deno.test("replaySteps() names objects as inventories do, and who wrote", () => {
  const impersonatedUser = { username: "tenant" };
  const entry = line(1, "create", { responseObject: MAP, impersonatedUser });

  const [got] = replaySteps(entry);

  assert.equal(got?.id, "ns_a__ConfigMap");
  assert.equal(got.user, "tenant");
});

Deno.test("preconditionOf() reads the uid that a delete is bound to", () => {
  const create = line(1, "create", { responseObject: MAP });
  const requestObject = { kind: "DeleteOptions", preconditions: { uid: "u1" } };

  const [, bound] = replaySteps(
    [create, line(2, "delete", { responseObject: STATUS, requestObject })].join(""),
  );
  const [, free] = replaySteps([create, line(2, "delete", { responseObject: STATUS })].join(""));

  assert.equal(bound && preconditionOf(bound), "u1");
  assert.equal(free && preconditionOf(free), undefined);
});

Deno.test("replaySteps() leaves out a line that is not written to its end", () => {
  const lines = line(1, "create", { responseObject: MAP }) + line(2, "delete", {});

  const got = replaySteps(lines.slice(0, -5));

  assert.deepEqual(got.map(({ verb }) => verb), ["create"]);
});

function object(apiVersion: string, kind: string, metadata: Record<string, unknown>) {
  return { apiVersion, kind, metadata: { namespace: "ns", name: "a", ...metadata } };
}

function word(object: { data?: unknown; metadata: { deletionTimestamp?: string } } | undefined) {
  if (object === undefined) return "nothing";
  if (object.metadata.deletionTimestamp !== undefined) return "held";
  return object.data === undefined ? "MAP" : "changed";
}

/** A line of the log, as an API server writes it. */
function line(
  second: number,
  verb: string,
  rest: {
    readonly name?: string;
    readonly subresource?: string;
    readonly code?: number;
    readonly query?: string;
    readonly [field: string]: unknown;
  },
): string {
  const { name = "a", subresource, code = 200, query = "", ...fields } = rest;
  const objectRef = { resource: "configmaps", namespace: "ns", apiVersion: "v1", subresource };
  const entry = JSON.stringify({
    stage: "ResponseComplete",
    verb,
    requestURI: `/api/v1/namespaces/ns/configmaps/${name}${query}`,
    user: { username: "admin" },
    objectRef: { ...objectRef, ...(name !== "" && { name }) },
    responseStatus: { code },
    requestReceivedTimestamp: `2026-01-01T00:00:0${second}.000000Z`,
    ...fields,
  });
  return `${entry}\n`;
}
