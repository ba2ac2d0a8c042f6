/**
 * A namespace that is being deleted refuses everything new in it: that is said once, with what holds it.
 *
 * @module
 */
import { fail, type Failure, isRecord } from "../../base/mod.ts";
import type { Cluster } from "../cluster.ts";
import type { KubeObject } from "../object.ts";

const REFUSED = /unable to create new content in namespace (\S+) because it is being terminated/;
const CODE = "Terminating";
const OWN = /^Namespace\/(\S+) is terminating/;
/** Conditions of a namespace that say what it waits for. */
const HOLDERS = new Set(["NamespaceContentRemaining", "NamespaceFinalizersRemaining"]);

/** The failure of applying a namespace that is on its way out, or nothing: it would come to nothing. */
export function refuseTerminating(live: KubeObject | undefined): Failure | undefined {
  if (live?.kind !== "Namespace" || live.apiVersion !== "v1") return undefined;
  if (live.metadata.deletionTimestamp === undefined) return undefined;
  return fail(CODE, describe(live));
}

/** The namespace whose end is why `failure` came, if it is. */
export function terminatingNamespace({ code, message }: Failure): string | undefined {
  const [, name] = (code === CODE ? OWN : REFUSED).exec(message) ?? [];
  return name;
}

/** What is said, once, of a namespace that keeps `count` objects waiting. */
export async function explainTerminating(
  cluster: Cluster,
  name: string,
  count: number,
): Promise<Failure> {
  const read = await cluster.get({ apiVersion: "v1", kind: "Namespace", name });
  const what = read.ok ? describe(read.value) : `Namespace/${name} is terminating`;
  const objects = count === 1 ? "1 object waits" : `${count} objects wait`;
  return fail(CODE, `${what}; ${objects} for its end`);
}

function describe({ metadata, status }: KubeObject): string {
  const conditions = isRecord(status) && Array.isArray(status.conditions) ? status.conditions : [];
  const holders = conditions.filter(isRecord).filter(({ type, status }) =>
    HOLDERS.has(String(type)) && status === "True"
  );
  const why = holders.map(({ message }) => String(message)).join("; ");
  const name = `Namespace/${metadata.name} is terminating since ${metadata.deletionTimestamp}`;
  return why === "" ? name : `${name}: ${why}`;
}
