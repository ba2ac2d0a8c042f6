import assert from "node:assert/strict";
import { stagesOf } from "./order.ts";

/** `group/Kind` or `Kind`, each as an object. */
function objectsOf(kinds: readonly string[]) {
  return kinds.map((name) => {
    const [group = "", kind = ""] = name.includes("/") ? name.split("/") : ["", name];
    const apiVersion = group === "" ? "v1" : `${group}/v1`;
    return { apiVersion, kind, metadata: { name: "a" } };
  });
}

const ISSUER = "cert-manager.io/ClusterIssuer";

/** A stage that is waited for ends in `!`. */
const cases: { name: string; kinds: string[]; custom?: string[]; want: string[] }[] = [
  {
    name: "definitions, classes, then the rest by rank, webhooks last",
    kinds: [
      "admissionregistration.k8s.io/ValidatingWebhookConfiguration",
      "apps/Deployment",
      "networking.k8s.io/Ingress",
      "ConfigMap",
      "Secret",
      "gateway.networking.k8s.io/GatewayClass",
      "storage.k8s.io/StorageClass",
      "rbac.authorization.k8s.io/ClusterRole",
      "Namespace",
      "apiextensions.k8s.io/CustomResourceDefinition",
      "example.com/WidgetClass",
    ],
    want: [
      "CustomResourceDefinition Namespace ClusterRole!",
      "StorageClass GatewayClass WidgetClass!",
      "ConfigMap Secret Deployment Ingress ValidatingWebhookConfiguration",
    ],
  },
  {
    name: "custom kinds between classes and the rest, waited for by nobody",
    kinds: ["apps/Deployment", ISSUER, "Secret", "IngressClass", "Namespace"],
    custom: [ISSUER, "/Secret"],
    want: ["Namespace!", "IngressClass!", "Secret ClusterIssuer", "Deployment"],
  },
  {
    name: "custom kinds by their group",
    kinds: ["example.com/Secret", "Secret"],
    custom: ["example.com/Secret"],
    want: ["Secret", "Secret"],
  },
  {
    name: "definitions first, whatever is custom",
    kinds: ["Secret", "Namespace"],
    custom: ["/Namespace"],
    want: ["Namespace!", "Secret"],
  },
  { name: "nothing", kinds: [], want: [] },
];

for (const { name, kinds, custom, want } of cases) {
  Deno.test(`stagesOf() gives ${name}`, () => {
    const got = stagesOf(objectsOf(kinds), custom);

    const shown = got.map(({ objects, waitReady }) =>
      `${objects.map(({ kind }) => kind).join(" ")}${waitReady ? "!" : ""}`
    );
    assert.deepEqual(shown, want);
  });
}
