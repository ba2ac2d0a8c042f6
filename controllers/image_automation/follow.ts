/**
 * Which changes of policies and repositories start which automations (contract/image.md, "Triggers").
 *
 * @module
 */
import { GitRepository, ImagePolicy, ImageUpdateAutomation } from "../../crds/mod.ts";
import { isEqualJson } from "../../lib/base/mod.ts";
import type { Change, Informer, KubeObject } from "../../lib/kube/mod.ts";

/** Index of automations by their namespace. */
export const BY_NAMESPACE = "namespace";
/** Index of automations by the GitRepository they write to. */
export const BY_SOURCE = "source";

/** Begins the reason of a run that a policy asked for. */
const POLICY = "policy ";

/** The automations' own loop, as far as it is needed here. */
export interface AutomationLoop {
  /** All automations, with the indexes above. */
  readonly informer: Pick<Informer, "byIndex">;
  /** Runs one soon. */
  enqueue(namespace: string, name: string, why: string): void;
}

/** The keys of an automation in the index by namespace. */
export function namespaceKeysOf({ metadata }: KubeObject): readonly string[] {
  return [metadata.namespace ?? ""];
}

/** The keys of an automation in the index by source; none for one that cannot be read. */
export function sourceKeysOf(automation: KubeObject): readonly string[] {
  const decoded = ImageUpdateAutomation.decode(automation);
  if (!decoded.ok) return [];
  const { metadata, spec: { sourceRef } } = decoded.value;
  return [`${sourceRef.namespace ?? metadata.namespace ?? ""}/${sourceRef.name}`];
}

/** Runs the automations of a namespace when one of its policies has chosen anew; returns how to stop. */
export function followPolicies(
  policies: Pick<Informer, "onChange">,
  loop: AutomationLoop,
): () => void {
  return onUpdate(policies, ({ object, previous }) => {
    if (isEqualJson(choiceOf(object), choiceOf(previous))) return;
    const { namespace = "", name } = object.metadata;
    for (const { metadata } of loop.informer.byIndex(BY_NAMESPACE, namespace)) {
      loop.enqueue(namespace, metadata.name, `${POLICY}${name}`);
    }
  });
}

/** Whether policies, and nobody else, asked for a run. */
export function isByPolicies(triggers: readonly string[]): boolean {
  return triggers.length > 0 && triggers.every((why) => why.startsWith(POLICY));
}

/** Runs the automations of a repository when its spec has changed; returns how to stop. */
export function followRepositories(
  repositories: Pick<Informer, "onChange">,
  loop: AutomationLoop,
): () => void {
  return onUpdate(repositories, ({ object, previous }) => {
    if (object.metadata.generation === previous.metadata.generation) return;
    const { namespace = "", name } = object.metadata;
    for (const { metadata } of loop.informer.byIndex(BY_SOURCE, `${namespace}/${name}`)) {
      loop.enqueue(metadata.namespace ?? "", metadata.name, `${GitRepository.kind} ${name}`);
    }
  });
}

/** What is there or comes anew starts nothing: an automation looks at all of it when it comes itself. */
function onUpdate(
  informer: Pick<Informer, "onChange">,
  handle: (change: { readonly object: KubeObject; readonly previous: KubeObject }) => void,
): () => void {
  return informer.onChange(({ type, object, previous }: Change) => {
    if (type === "updated" && previous !== undefined) handle({ object, previous });
  });
}

function choiceOf(policy: KubeObject): unknown {
  const decoded = ImagePolicy.decode(policy);
  return decoded.ok ? decoded.value.status?.latestRef : undefined;
}
