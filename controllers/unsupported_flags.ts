/**
 * Flags of the table that no component acts on yet: whoever sets one relies on it, so it is refused.
 *
 * @module
 */
const NOT_YET: readonly string[] = [
  "artifact-digest-algo",
  "custom-apply-stage-kinds",
  "default-decryption-service-account",
  "default-kubeconfig-service-account",
  "enable-leader-election",
  "insecure-kubeconfig-exec",
  "insecure-kubeconfig-tls",
  "no-remote-bases",
  "override-manager",
  "sops-age-secret",
  "watch-configs-label-selector",
];

/** The first flag that was given and would do nothing, as a message. */
export function unsupportedFlag(given: ReadonlySet<string>): string | undefined {
  const name = NOT_YET.find((flag) => given.has(flag));
  return name === undefined
    ? undefined
    : `--${name} is not supported yet; see "Not yet" in the README`;
}
