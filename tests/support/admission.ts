/**
 * Admission that refuses, in one namespace, as YAML, and one that takes its time.
 *
 * @module
 */
import type { Cluster } from "../../lib/kube/mod.ts";
import { makeCertificates } from "./certificates.ts";

const LIMIT_MS = 60_000;

/** Admission in one namespace: only what `allows` is let in. */
export function policyFor(namespace: string, allows: string): string {
  return `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: ${namespace}}
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
      - {apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [configmaps]}
  validations: [{expression: '${allows}', message: "only the good are let in"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: ${namespace}}
spec:
  policyName: ${namespace}
  validationActions: [Deny]
  matchResources:
    namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ${namespace}}}
`;
}

/** Admission of every ConfigMap of a namespace asks at a port where nobody listens. */
export function webhookFor(namespace: string): string {
  return `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: ${namespace}}
webhooks:
  - name: nobody.test.dev
    clientConfig: {url: "https://127.0.0.1:1/"}
    admissionReviewVersions: [v1]
    sideEffects: None
    failurePolicy: Fail
    timeoutSeconds: 1
    namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ${namespace}}}
    rules:
      - {apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [configmaps]}
`;
}

/** Writes that stand still in the middle of admission. */
export interface Held extends AsyncDisposable {
  /** Resolves when one stands. */
  readonly reached: Promise<void>;
}

/** These new ConfigMaps are neither let in nor refused before it is disposed of; to try them is let in. */
export async function holdConfigMaps(
  cluster: Cluster,
  namespace: string,
  names: ReadonlySet<string>,
): Promise<Held> {
  const { ca, server: certificate } = await makeCertificates();
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let isAsked = false;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, ...certificate },
    async (request) => {
      isAsked = true;
      const { request: { uid, name, dryRun } } = await request.json();
      const isHeld = !dryRun && names.has(name);
      if (isHeld) {
        reached.resolve();
        await released.promise;
      }
      const [apiVersion, kind] = ["admission.k8s.io/v1", "AdmissionReview"];
      return Response.json({ apiVersion, kind, response: { uid, allowed: !isHeld } });
    },
  );
  const ref = {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    name: `hold-${namespace}`,
  };
  const rule = { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"] };
  const applied = await cluster.apply({
    apiVersion: ref.apiVersion,
    kind: ref.kind,
    metadata: { name: ref.name },
    webhooks: [{
      name: "hold.test.dev",
      clientConfig: { url: `https://127.0.0.1:${server.addr.port}/`, caBundle: btoa(ca) },
      admissionReviewVersions: ["v1"],
      sideEffects: "None",
      failurePolicy: "Fail",
      timeoutSeconds: 30,
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
      rules: [{ ...rule, resources: ["configmaps"] }],
    }],
  }, { fieldManager: "test" });
  if (!applied.ok) throw new Error(applied.message);
  const probe = { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name: "probe" } };
  // It is not in force at once.
  for (const began = performance.now(); !isAsked;) {
    await cluster.apply(probe, { fieldManager: "test", dryRun: true });
    if (performance.now() - began > LIMIT_MS) throw new Error("admission asks nobody");
  }
  return {
    reached: reached.promise,
    async [Symbol.asyncDispose]() {
      await cluster.remove(ref);
      released.resolve();
      await server.shutdown();
    },
  };
}
