/**
 * What may stand in a message of SSH, for tests that feed readers with anything.
 *
 * @module
 */
import fc from "fast-check";
import { sshString } from "../ssh/mod.ts";

/** Types of keys, and the name of a curve. */
export const sshTypes = fc.constantFrom(
  "ssh-ed25519",
  "ssh-rsa",
  "ecdsa-sha2-nistp384",
  "sk-ssh-ed25519@openssh.com",
  "sk-ecdsa-sha2-nistp256@openssh.com",
  "nistp384",
);

/** One field: a type, any bytes with their length, or bytes alone. */
export const sshFields = fc.oneof(
  sshTypes.map(sshString),
  fc.uint8Array({ maxLength: 70 }).map(sshString),
  fc.uint8Array({ maxLength: 6 }),
);
