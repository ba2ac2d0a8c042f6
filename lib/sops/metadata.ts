/**
 * What sops writes about a file beside its values: which keys open it, what is sealed, and the MAC over all.
 *
 * @module
 */
import { fail, isRecord, ok, type Result } from "../base/mod.ts";
import type { MasterKey, MasterKeyKind } from "./master_key.ts";
import { readRule, type Rule } from "./rule.ts";

/** The `sops` part of a file. */
export interface Metadata {
  /** Each group's keys all open the same part of the data key; of one group, the whole. */
  readonly groups: readonly (readonly MasterKey[])[];
  /** How many parts are needed, where there are several groups. */
  readonly threshold: number;
  /** Sealed. */
  readonly mac: string;
  /** What `mac` is bound to. */
  readonly lastModified: string;
  /** Whether the MAC is over sealed values only. */
  readonly macOnlyEncrypted: boolean;
  /** Which values are sealed. */
  readonly rule: Rule;
}

/** Shamir's parts are numbered by a byte. */
const MOST_GROUPS = 255;
/** sops gives each key an entry of its own; a file for more people than this has a group key. */
const MOST_KEYS = 500;
/** A data key sealed with a large RSA key takes two thousand characters. */
const MOST_SEALED_CHARS = 16 << 10;
const MOST_CHARS = 4 << 10;

/** What sops calls the services. */
const KINDS = new Map<string, Exclude<MasterKeyKind, "unknown">>([
  ["age", "age"],
  ["pgp", "pgp"],
  ["kms", "aws"],
  ["gcp_kms", "gcp"],
  ["azure_kv", "azure"],
  ["hc_vault", "vault"],
]);

/** Reads the `sops` part, already parsed. Whatever shape it has, it fails with what is wrong. */
export function readMetadata(plain: unknown): Result<Metadata> {
  if (!isRecord(plain)) return odd("it is not a mapping");
  const groups = readGroups(plain);
  if (!groups.ok) return groups;
  const rule = readRule(plain);
  if (!rule.ok) return rule;
  const lastModified = textAt(plain, "lastmodified");
  const threshold = Number(plain.shamir_threshold ?? 0);
  if (!Number.isInteger(threshold) || threshold < 0 || threshold > MOST_GROUPS) {
    return odd("shamir_threshold is not a small number");
  }
  return ok({
    groups: groups.value,
    threshold,
    mac: textAt(plain, "mac"),
    // sops formats what it has parsed, so that both ways to write UTC are bound alike.
    lastModified: lastModified.replace(/[+-]00:00$/, "Z"),
    macOnlyEncrypted: String(plain.mac_only_encrypted) === "true",
    rule: rule.value,
  });
}

function odd(why: string): Result<never> {
  return fail("BadMetadata", `the 'sops' part of the file is not as sops writes it: ${why}`);
}

function readGroups(plain: Readonly<Record<string, unknown>>): Result<MasterKey[][]> {
  const own = readKeys(plain);
  if (!own.ok) return own;
  // As sops: keys at the top stand for all groups.
  if (own.value.length > 0) return ok([own.value]);
  const listed = plain.key_groups;
  if (!Array.isArray(listed) || listed.length === 0) return odd("it names no key");
  if (listed.length > MOST_GROUPS) return odd(`it has more than ${MOST_GROUPS} key groups`);
  const groups: MasterKey[][] = [];
  let count = 0;
  for (const group of listed) {
    if (!isRecord(group)) return odd("a key group is not a mapping");
    const keys = readKeys(group);
    if (!keys.ok) return keys;
    groups.push(keys.value);
    count += keys.value.length;
  }
  return count > MOST_KEYS ? odd(`it names more than ${MOST_KEYS} keys`) : ok(groups);
}

function readKeys(group: Readonly<Record<string, unknown>>): Result<MasterKey[]> {
  const keys: MasterKey[] = [];
  for (const [service, listed] of Object.entries(group)) {
    if (!Array.isArray(listed) || service === "key_groups") continue;
    for (const entry of listed) {
      if (!isRecord(entry)) return odd(`an entry of '${service}' is not a mapping`);
      const sealed = entry.enc;
      if (typeof sealed !== "string" || sealed === "") {
        return odd(`an entry of '${service}' has no 'enc'`);
      }
      if (sealed.length > MOST_SEALED_CHARS) {
        return odd(`an 'enc' of '${service}' has more than ${MOST_SEALED_CHARS} characters`);
      }
      keys.push(keyOf(service, sealed, entry));
      if (keys.length > MOST_KEYS) return odd(`it names more than ${MOST_KEYS} keys`);
    }
  }
  return ok(keys);
}

function keyOf(
  service: string,
  sealed: string,
  entry: Readonly<Record<string, unknown>>,
): MasterKey {
  const kind = KINDS.get(service);
  switch (kind) {
    case "age":
      return { kind, sealed, recipient: textAt(entry, "recipient") };
    case "pgp":
      return { kind, sealed, fingerprint: textAt(entry, "fp") };
    case "aws":
      return {
        kind,
        sealed,
        arn: textAt(entry, "arn"),
        role: textAt(entry, "role"),
        context: contextOf(entry.context),
      };
    case "gcp":
      return { kind, sealed, resourceId: textAt(entry, "resource_id") };
    case "azure": {
      const [vaultUrl, name, version] = ["vault_url", "name", "version"].map((key) =>
        textAt(entry, key)
      );
      return { kind, sealed, vaultUrl: vaultUrl ?? "", name: name ?? "", version: version ?? "" };
    }
    case "vault":
      return {
        kind,
        sealed,
        address: textAt(entry, "vault_address"),
        enginePath: textAt(entry, "engine_path"),
        keyName: textAt(entry, "key_name"),
      };
    case undefined:
      return { kind: "unknown", sealed, service: service.slice(0, MOST_CHARS) };
  }
}

function contextOf(context: unknown): Record<string, string> {
  if (!isRecord(context)) return {};
  return Object.fromEntries(
    Object.entries(context).map(([key, value]) => [key, String(value ?? "")]),
  );
}

function textAt(plain: Readonly<Record<string, unknown>>, key: string): string {
  const value = plain[key];
  return typeof value === "string" ? value.slice(0, MOST_CHARS) : "";
}
