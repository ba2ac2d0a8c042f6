/**
 * The data key of a file, out of the hands of those who keep the keys that it is sealed with.
 *
 * @module
 */
import { fail, ok, type Result } from "../base/mod.ts";
import { type KeyServices, type MasterKey, type MasterKeyKind, nameOfKey } from "./master_key.ts";
import type { Metadata } from "./metadata.ts";
import { combineParts } from "./shamir.ts";

/** Keys at hand before those that have to be asked for over the network. */
const LOCAL_FIRST: readonly MasterKeyKind[] = ["age", "pgp"];

/** Which entry of the decryption Secret opens keys of a kind. */
const ENTRIES: Readonly<Record<MasterKeyKind, string>> = {
  age: "an entry '*.agekey' with the age identity",
  pgp: "an entry '*.asc' with the PGP private key",
  aws: "an entry 'sops.aws-kms'",
  gcp: "an entry 'sops.gcp-kms'",
  azure: "an entry 'sops.azure-kv'",
  vault: "an entry 'sops.vault-token'",
  unknown: "",
};

/** Opens the data key: with any key of a group, and with as many groups as the file asks for. */
export async function openDataKey(
  { groups, threshold }: Pick<Metadata, "groups" | "threshold">,
  services: KeyServices,
): Promise<Result<Uint8Array>> {
  const parts: Uint8Array[] = [];
  const reports: string[] = [];
  const needed = groups.length > 1 ? threshold || groups.length : 1;
  for (const [index, group] of groups.entries()) {
    const opened = await openGroup(group, services);
    if (opened.ok) parts.push(opened.value);
    reports.push(
      opened.ok ? `Group ${index}: SUCCESS` : `Group ${index}: FAILED\n${opened.message}`,
    );
    if (parts.length === needed) break;
  }
  const [part] = parts;
  if (part === undefined || parts.length < needed) return noDataKey(reports, needed, groups.length);
  const key = groups.length > 1 ? combineParts(parts) : ok(part);
  if (!key.ok) return fail("NoDataKey", `the parts of the data key do not fit: ${key.message}`);
  return key;
}

async function openGroup(
  group: readonly MasterKey[],
  services: KeyServices,
): Promise<Result<Uint8Array>> {
  const isLocal = (key: MasterKey) => LOCAL_FIRST.includes(key.kind);
  const ordered = [
    ...LOCAL_FIRST.flatMap((kind) => group.filter((key) => key.kind === kind)),
    ...group.filter((key) => !isLocal(key)),
  ];
  const reports: string[] = [];
  for (const key of ordered) {
    const opened = await openWith(key, services);
    if (opened.ok) return opened;
    const why = opened.message.replaceAll("\n", "\n      | ");
    reports.push(`  ${nameOfKey(key)}: FAILED\n    - | ${why}`);
  }
  return fail("NoDataKey", reports.join("\n\n"));
}

/** One case a kind: what belongs together is seen only there. */
function openWith(key: MasterKey, services: KeyServices): Promise<Result<Uint8Array>> {
  switch (key.kind) {
    case "age":
      return services.age?.(key) ?? noCredentials(key);
    case "pgp":
      return services.pgp?.(key) ?? noCredentials(key);
    case "aws":
      return services.aws?.(key) ?? noCredentials(key);
    case "gcp":
      return services.gcp?.(key) ?? noCredentials(key);
    case "azure":
      return services.azure?.(key) ?? noCredentials(key);
    case "vault":
      return services.vault?.(key) ?? noCredentials(key);
    case "unknown":
      return Promise.resolve(
        fail(
          "Unsupported",
          `the key service '${key.service}' is not known; seal the file with another key, too`,
        ),
      );
  }
}

function noCredentials({ kind }: MasterKey): Promise<Result<never>> {
  return Promise.resolve(fail("NoCredentials", `the decryption Secret has not ${ENTRIES[kind]}`));
}

/** In sops' words, which Flux shows. */
function noDataKey(reports: readonly string[], needed: number, groups: number): Result<never> {
  const end = groups > 1
    ? `Recovery failed because ${needed} of ${groups} key groups have to be opened, and too few were.`
    : "Recovery failed because no master key was able to decrypt the file. In\n" +
      "order for SOPS to recover the file, at least one key has to be successful,\n" +
      "but none were.";
  return fail(
    "NoDataKey",
    "Failed to get the data key required to decrypt the SOPS file.\n\n" +
      `${reports.join("\n\n")}\n\n${end}`,
  );
}
