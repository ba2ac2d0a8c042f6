import assert from "node:assert/strict";
import { differenceOf, inventoryId, parseInventoryId, refOfEntry, unionOf } from "./mod.ts";

Deno.test("inventoryId() and parseInventoryId() are each other's inverse", () => {
  const rbac = "rbac.authorization.k8s.io/v1";
  const cases = [
    { ref: { apiVersion: "v1", kind: "Namespace", name: "a" }, id: "_a__Namespace" },
    {
      ref: { apiVersion: "apps/v1", kind: "Deployment", namespace: "ns", name: "web" },
      id: "ns_web_apps_Deployment",
    },
    {
      ref: { apiVersion: rbac, kind: "ClusterRole", name: "system:a:b" },
      id: "_system__a__b_rbac.authorization.k8s.io_ClusterRole",
    },
  ];

  for (const { ref, id } of cases) {
    assert.equal(inventoryId(ref), id);
    const v = ref.apiVersion.split("/").at(-1) ?? "";
    assert.deepEqual(refOfEntry({ id, v }), { ok: true, value: ref });
  }
});

Deno.test("parseInventoryId() refuses what is no id", () => {
  for (const id of ["", "a", "a_b", "a_b_c", "ns_a_b_c_Kind", "ns__apps_Kind", "ns_a_apps_"]) {
    assert.equal(parseInventoryId(id).ok, false, id);
  }
});

Deno.test("unionOf() and differenceOf() go by id, not by version", () => {
  const old = [{ id: "_a__X", v: "v1beta1" }, { id: "_b__X", v: "v1" }];
  const next = [{ id: "_a__X", v: "v1" }];

  assert.deepEqual(unionOf(old, next), [{ id: "_a__X", v: "v1" }, { id: "_b__X", v: "v1" }]);
  assert.deepEqual(differenceOf(old, next), [{ id: "_b__X", v: "v1" }]);
});
