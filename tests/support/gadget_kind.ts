/**
 * A kind of no meaning on a real API server, and a controller of it: for tests of the runtime.
 *
 * @module
 */
import { IMAGE_RULES } from "../../controllers/image_reflector/rules.ts";
import { isRecord, systemClock } from "../../lib/base/mod.ts";
import type { Cluster, GroupVersionKind, KubeObject, ObjectRef } from "../../lib/kube/mod.ts";
import {
  createLogger,
  openMetrics,
  type Outcome,
  ready,
  type ReconciledObject,
  type Run,
  startController,
} from "../../lib/runtime/mod.ts";
import type { TestCluster } from "./control_plane.ts";
import { openTestClient, until, valueOf } from "./kube_client.ts";

/** An object of the kind. */
export interface Gadget extends ReconciledObject {
  spec: { suspend?: boolean; interval?: string; value?: string };
}

/** What the kind itself writes to its status. */
export interface GadgetStatus {
  value?: string;
}

/** What one run comes to. */
export type GadgetOutcome = Outcome<GadgetStatus>;

/** The controller and its one object, `web`. */
export interface Stage {
  readonly ref: ObjectRef;
  readonly runs: string[];
  readonly lines: Record<string, unknown>[];
  read(): Promise<KubeObject>;
  /** How many versions of the object the watch of another client has seen. */
  versions(): number;
  /** Resolves when the object is gone. */
  untilGone(): Promise<void>;
  until(isSo: (object: KubeObject) => boolean): Promise<KubeObject>;
  untilReady(value: string): Promise<KubeObject>;
}

/** What a test uses. */
export interface GadgetParts {
  stage: Stage;
  client: Cluster;
  namespace: string;
  create(spec: Gadget["spec"]): Promise<void>;
  patch(patch: unknown, subresource?: string): Promise<void>;
}

/** What a test decides; `spec.value` is copied to the status when it decides nothing. */
export interface GadgetKind {
  reconcile?: (gadget: Gadget, run: Run<GadgetStatus>) => Promise<GadgetOutcome>;
  finalize?: (gadget: Gadget, run: Run<GadgetStatus>) => Promise<GadgetOutcome>;
}

/** A definition, a namespace and a controller of its own for each test. */
export async function withGadgets(
  testCluster: TestCluster,
  parts: GadgetKind,
  test: (parts: GadgetParts) => Promise<void>,
): Promise<void> {
  await using namespace = await testCluster.openNamespace();
  await using client = await openTestClient(testCluster);
  const group = `${namespace.name}.test.dev`;
  valueOf(await client.create(gadgetDefinition(group), { fieldManager: "test" }));
  await testCluster.kubectl(["wait", "--for=condition=Established", `crd/gadgets.${group}`]);
  const gvk = { group, version: "v1", kind: "Gadget" };
  const ref = { apiVersion: `${group}/v1`, kind: "Gadget", namespace: namespace.name, name: "web" };
  const stage = openStage(client, gvk, ref, parts);
  try {
    await test({
      stage: stage.stage,
      client,
      namespace: namespace.name,
      async create(spec) {
        const { apiVersion, kind, ...metadata } = ref;
        const object = { apiVersion, kind, metadata, spec: { interval: "1h", ...spec } };
        valueOf(await client.create(object, { fieldManager: "test" }));
      },
      async patch(patch, subresource) {
        const options = { fieldManager: "somebody", type: "merge" } as const;
        const target = subresource === undefined ? options : { ...options, subresource };
        valueOf(await client.patch(ref, patch, target));
      },
    });
  } finally {
    await stage.close();
    // Nobody is left to take the finalizer away.
    await client.patch(ref, { metadata: { finalizers: null } }, {
      type: "merge",
      fieldManager: "test",
    });
    await testCluster.kubectl(["delete", `crd/gadgets.${group}`, "--wait=false"]);
  }
}

function openStage(client: Cluster, gvk: GroupVersionKind, ref: ObjectRef, parts: GadgetKind) {
  const runs: string[] = [];
  const lines: Record<string, unknown>[] = [];
  const seen = new Set<string>();
  const witness = client.informer(gvk);
  witness.onChange(({ object }) => seen.add(object.metadata.resourceVersion ?? ""));
  const running = startController<Gadget, GadgetStatus>({
    gvk,
    controller: "gadget-controller",
    rules: { ...IMAGE_RULES, fieldManager: "gadget-controller" },
    concurrency: 2,
    jitterPercent: 0,
    // The definition's schema has checked it.
    decode: (object) => ({ ok: true, value: object as Gadget }),
    reconcile(gadget, run) {
      runs.push(gadget.spec.value ?? "");
      return parts.reconcile?.(gadget, run) ?? copyValue(gadget);
    },
    ...(parts.finalize && { finalize: parts.finalize }),
  }, {
    cluster: client,
    clock: systemClock,
    random: () => 0.5,
    log: createLogger({ write: (line) => lines.push(JSON.parse(line)), clock: systemClock }),
    events: {
      send() {},
      flush: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    },
    metrics: openMetrics(),
  });
  async function read(): Promise<KubeObject> {
    return valueOf(await client.get(ref));
  }
  async function untilSo(isSo: (object: KubeObject) => boolean): Promise<KubeObject> {
    await until(() => {
      const known = witness.get(ref.name, ref.namespace);
      return known !== undefined && isSo(known);
    });
    return await read();
  }
  const stage: Stage = {
    ref,
    runs,
    lines,
    read,
    versions: () => seen.size,
    async untilGone() {
      await until(() => witness.get(ref.name, ref.namespace) === undefined);
    },
    until: untilSo,
    untilReady: (value) =>
      untilSo((object) =>
        statusOf(object).value === value &&
        statusOf(object).conditions.some(({ type, status }) =>
          type === "Ready" && status === "True"
        )
      ),
  };
  return {
    stage,
    async close() {
      await running.stop();
      await witness[Symbol.asyncDispose]();
    },
  };
}

function copyValue({ spec }: Gadget): Promise<GadgetOutcome> {
  return Promise.resolve(ready("Succeeded", "done", { status: { value: spec.value } }));
}

/** What tests look at. */
export interface SeenStatus {
  value?: unknown;
  observedGeneration?: unknown;
  lastHandledReconcileAt?: unknown;
  conditions: Record<string, unknown>[];
}

/** The status of a gadget, as far as tests look at it. */
export function statusOf({ status }: KubeObject): SeenStatus {
  if (!isRecord(status)) return { conditions: [] };
  const { conditions } = status;
  return {
    ...status,
    conditions: Array.isArray(conditions) ? conditions.filter((item) => isRecord(item)) : [],
  };
}

function gadgetDefinition(group: string): KubeObject {
  const schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `gadgets.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind: "Gadget", plural: "gadgets", singular: "gadget", listKind: "GadgetList" },
      versions: [{
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: schema },
      }],
    },
  };
}
