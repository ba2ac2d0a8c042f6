/**
 * The annotation by which a person stops automation, and says why (contract/sluice.md).
 *
 * @module
 */

/** On an ImagePolicy or ImageUpdateAutomation: nothing is chosen or written while it is there. */
export const LOCK_ANNOTATION = "sluice.dev/lock";

/** Why nothing may be done to an object with these annotations, if so. */
export function lockedBy(
  { annotations = {} }: { readonly annotations?: Readonly<Record<string, string>> },
): { readonly message: string } | undefined {
  const lock = annotations[LOCK_ANNOTATION];
  return lock === undefined ? undefined : { message: `locked by ${LOCK_ANNOTATION}: ${lock}` };
}
