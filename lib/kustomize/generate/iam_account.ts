/**
 * Generated ServiceAccounts that stand for accounts of a cloud.
 *
 * @module
 */
import { parseOne } from "../../yaml/mod.ts";
import type { BuildContext } from "../context.ts";
import { decodeDocument, fields, text } from "../decode.ts";
import { Refusal } from "../refusal.ts";
import { newResource, type Resource } from "../resource.ts";

/** The ServiceAccount that stands for an account of Google's cloud. */
export function iamAccount(config: Resource, context: BuildContext): Resource {
  const shape = fields({
    cloud: text,
    kubernetesService: fields({ name: text, namespace: text }),
    serviceAccount: fields({ name: text, projectId: text }),
  });
  const { cloud = "", kubernetesService = {}, serviceAccount = {} } = decodeDocument(
    config.node,
    shape,
    { path: config.provenance?.path ?? context.file, strict: false, coerce: false },
  );
  if (cloud !== "gke") {
    throw new Refusal(`cloud "${cloud}" is not known; use gke`, config.provenance);
  }
  // The tool writes the names into a text and reads that, so a name may turn out to be a number, or no YAML.
  const { name = "", namespace = "" } = kubernetesService;
  const account = `${serviceAccount.name ?? ""}@${serviceAccount.projectId ?? ""}`;
  const written = `apiVersion: v1
kind: ServiceAccount
metadata:
  annotations:
    iam.gke.io/gcp-service-account: ${account}.iam.gserviceaccount.com
  name: ${name}
${namespace === "" ? "" : `  namespace: ${namespace}\n`}`;
  const parsed = parseOne(written, { budget: context.options.budget });
  if (!parsed.ok || parsed.value?.kind !== "map") {
    throw new Refusal(
      `the names "${name}", "${namespace}" and "${account}" make no ServiceAccount; ` +
        "give plain names in kubernetesService and serviceAccount",
      config.provenance,
    );
  }
  return newResource(parsed.value);
}
