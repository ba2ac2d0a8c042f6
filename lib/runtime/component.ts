/**
 * A toolkit component: what `controllers/main.ts` hands to each, and what it gets back.
 *
 * @module
 */
import type { ControllerDeps } from "./controller_deps.ts";
import type { FLAGS } from "./flag_table.ts";
import type { FlagValues } from "./flags.ts";
import type { Probe } from "./health.ts";

/** What every component of a process is started with. */
export interface ComponentDeps extends ControllerDeps {
  /** All flags; a component reads its own. */
  readonly flags: FlagValues<typeof FLAGS>;
  /** Where Sluice itself runs (`RUNTIME_NAMESPACE`). */
  readonly runtimeNamespace: string;
}

/** A component at work; disposing it stops its controllers. */
export interface Component extends AsyncDisposable {
  /** `source`, as in `--only`. */
  readonly name: string;
  /** Whether it can do its work: for `/readyz`. */
  readonly ready: Probe;
}

/** The one namespace that watches keep to, if they do. */
export function scopeOf(
  { namespaces }: Pick<ControllerDeps, "namespaces">,
): { readonly namespace?: string } {
  const [namespace] = namespaces ?? [];
  return namespace === undefined ? {} : { namespace };
}
