/**
 * The keys that a file's data key is sealed with.
 *
 * @module
 */
import type { Result } from "../base/mod.ts";

/** A key that a data key, or a part of it, is sealed with. */
export type MasterKey =
  | { readonly kind: "age"; readonly sealed: string; readonly recipient: string }
  | { readonly kind: "pgp"; readonly sealed: string; readonly fingerprint: string }
  | {
    readonly kind: "aws";
    readonly sealed: string;
    readonly arn: string;
    readonly role: string;
    readonly context: Readonly<Record<string, string>>;
  }
  | { readonly kind: "gcp"; readonly sealed: string; readonly resourceId: string }
  | {
    readonly kind: "azure";
    readonly sealed: string;
    readonly vaultUrl: string;
    readonly name: string;
    readonly version: string;
  }
  | {
    readonly kind: "vault";
    readonly sealed: string;
    readonly address: string;
    readonly enginePath: string;
    readonly keyName: string;
  }
  /** One that nobody here can ask: `service` is what the file calls it. */
  | { readonly kind: "unknown"; readonly sealed: string; readonly service: string };

/** Which service a key belongs to. */
export type MasterKeyKind = MasterKey["kind"];

/** The key of one kind. */
export type MasterKeyOf<Kind extends MasterKeyKind> = Extract<MasterKey, { kind: Kind }>;

/** Opens what was sealed with a key, or says why it cannot; never shows a key. */
export type OpenWith<Kind extends MasterKeyKind> = (
  key: MasterKeyOf<Kind>,
) => Promise<Result<Uint8Array>>;

/** Who opens what, by kind; a kind that is left out has no credentials. */
export type KeyServices = { readonly [Kind in MasterKeyKind]?: OpenWith<Kind> };

/** A key as sops names it in messages. */
export function nameOfKey(key: MasterKey): string {
  switch (key.kind) {
    case "age":
      return key.recipient;
    case "pgp":
      return key.fingerprint;
    case "aws":
      return key.role === "" ? key.arn : `${key.arn}+${key.role}`;
    case "gcp":
      return key.resourceId;
    case "azure":
      return `${key.vaultUrl.replace(/\/+$/, "")}/keys/${key.name}/${key.version}`;
    case "vault":
      return `${key.address.replace(/\/+$/, "")}/v1/${key.enginePath}/keys/${key.keyName}`;
    case "unknown":
      return key.service;
  }
}
