/**
 * SSH: runs programs at servers whose keys are known.
 *
 * @module
 */
export {
  type AlgorithmChoice,
  checkAlgorithms,
  HOST_KEY_ALGORITHMS,
  KEX_ALGORITHMS,
} from "./algorithms.ts";
export * from "./client.ts";
export type { SshTimeouts } from "./connection.ts";
export type { Identity } from "./identity.ts";
export { readIdentity } from "./read_identity.ts";
export { remoteText, type SshCode, SshStreamError } from "./failure.ts";
export {
  checkHostKey,
  type HostPlace,
  type KnownHosts,
  type KnownLine,
  matchesWildcard,
  parseKnownHosts,
} from "./known_hosts.ts";
export { parseSshKey, type SshKey } from "./public_key.ts";
export type { SocksProxy } from "./socks.ts";
export { SshFormatError, sshNumber, SshReader, sshString } from "./wire.ts";
