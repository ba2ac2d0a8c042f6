/**
 * Generated ServiceAccounts that stand for accounts of a cloud.
 *
 * @module
 */
import { mapNode, setKey, stringNode } from "../../yaml/mod.ts";
import type { BuildContext } from "../context.ts";
import { fields, text } from "../decode.ts";
import { decodePlugin } from "../plugin_config.ts";
import { Refusal } from "../refusal.ts";
import { newResource, type Resource } from "../resource.ts";

/** The ServiceAccount that stands for an account of Google's cloud. */
export function iamAccount(config: Resource, context: BuildContext): Resource {
  const shape = fields({
    cloud: text,
    kubernetesService: fields({ name: text, namespace: text }),
    serviceAccount: fields({ name: text, projectId: text }),
  });
  const { cloud = "", kubernetesService = {}, serviceAccount = {} } = decodePlugin(
    config,
    shape,
    context,
  );
  if (cloud !== "gke") {
    throw new Refusal(`cloud "${cloud}" is not known; use gke`, config.provenance);
  }
  const { name = "", namespace = "" } = kubernetesService;
  const account = `${serviceAccount.name ?? ""}@${
    serviceAccount.projectId ?? ""
  }.iam.gserviceaccount.com`;
  const metadata = mapNode([["name", stringNode(name)]]);
  if (namespace !== "") setKey(metadata, "namespace", stringNode(namespace));
  setKey(
    metadata,
    "annotations",
    mapNode([["iam.gke.io/gcp-service-account", stringNode(account)]]),
  );
  return newResource(
    mapNode([
      ["apiVersion", stringNode("v1")],
      ["kind", stringNode("ServiceAccount")],
      ["metadata", metadata],
    ]),
  );
}
