/**
 * Things on a real API server, as a kind of their own for each test: gadgets.
 *
 * @module
 */
import { isRecord, systemClock } from "../../lib/base/mod.ts";
import type { Cluster, GroupVersionKind, KubeObject, ObjectRef } from "../../lib/kube/mod.ts";
import { type KindController, startController } from "../../lib/runtime/mod.ts";
import {
  type Thing,
  thingController,
  thingDeps,
  type ThingStatus,
} from "../../lib/testing/thing_kind.ts";
import type { TestCluster } from "./control_plane.ts";
import { anyDefinition, openTestClient, until, valueOf } from "./kube_client.ts";

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

/** What a test decides. */
export type GadgetController = Partial<
  Pick<KindController<Thing, ThingStatus>, "reconcile" | "finalize">
>;

/** What a test uses. */
export interface GadgetParts {
  stage: Stage;
  client: Cluster;
  namespace: string;
  create(spec: Thing["spec"]): Promise<void>;
  patch(patch: unknown, subresource?: string): Promise<void>;
}

/** A definition, a namespace and a controller of its own for each test. */
export async function withGadgets(
  testCluster: TestCluster,
  parts: GadgetController,
  test: (parts: GadgetParts) => Promise<void>,
): Promise<void> {
  await using namespace = await testCluster.openNamespace();
  await using client = await openTestClient(testCluster);
  const group = `${namespace.name}.test.dev`;
  valueOf(await client.create(anyDefinition(group, "Gadget"), { fieldManager: "test" }));
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

function openStage(
  client: Cluster,
  gvk: GroupVersionKind,
  ref: ObjectRef,
  parts: GadgetController,
) {
  const runs: string[] = [];
  const { deps, lines } = thingDeps(client, systemClock);
  const seen = new Set<string>();
  const witness = client.informer(gvk);
  witness.onChange(({ object }) => seen.add(object.metadata.resourceVersion ?? ""));
  const kind = thingController(gvk, parts.finalize && { finalize: parts.finalize });
  const reconcile = parts.reconcile ?? kind.reconcile;
  const running = startController({
    ...kind,
    reconcile(gadget, run) {
      runs.push(gadget.spec.value ?? "");
      return reconcile(gadget, run);
    },
  }, deps);
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
