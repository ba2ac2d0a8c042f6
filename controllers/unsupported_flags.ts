/**
 * Flags of the table that would do nothing: whoever sets one relies on it, so it is refused.
 *
 * @module
 */
import type { Flag, FlagTable } from "../lib/runtime/mod.ts";

/** What Flux would do with these is not done on purpose, and what to do instead. */
const NEVER: Readonly<Record<string, string>> = {
  "insecure-kubeconfig-exec": "no kubeconfig makes Sluice run a program: put a token or a client " +
    "certificate into it",
  "insecure-kubeconfig-tls": "certificates are always verified: put the server's authority into " +
    "certificate-authority-data",
};

/** The first flag that was given and would do nothing, as a message; `components` are all there are. */
export function unsupportedFlag(
  table: FlagTable,
  { given, values }: { given: ReadonlySet<string>; values: Readonly<Record<string, unknown>> },
  components: readonly string[],
): string | undefined {
  for (const name of given) {
    const flag = table[name];
    if (flag === undefined) continue;
    const instead = NEVER[name];
    if (instead !== undefined && values[name] !== flag.default) return `--${name}: ${instead}`;
    if (!isRead(flag, components)) {
      return `--${name} is for ${flag.components.join(", ")}, which is not here yet`;
    }
  }
  return undefined;
}

function isRead(flag: Flag, components: readonly string[]): boolean {
  return flag.components.some((component) =>
    component === "all" || component === "main" || components.includes(component)
  );
}
