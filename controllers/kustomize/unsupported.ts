/**
 * Fields of Kustomization that this version does not act on yet: refused by name, never ignored.
 *
 * @module
 */
import type { Kustomization } from "../../crds/mod.ts";

/** The first field of `kustomization` that cannot be honoured, as a message. */
export function unsupportedField(kustomization: Kustomization): { message: string } | undefined {
  const { spec } = kustomization;
  const refused: readonly (readonly [string, boolean])[] = [
    ["spec.decryption.serviceAccountName", Boolean(spec.decryption?.serviceAccountName)],
  ];
  const field = refused.find(([, isSet]) => isSet)?.[0];
  if (field === undefined) return undefined;
  return { message: `${field} is not supported yet: remove it, see "Not yet" in the README` };
}
