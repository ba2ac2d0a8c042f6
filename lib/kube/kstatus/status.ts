/**
 * The vocabulary of kstatus and how its rules read an object.
 *
 * @module
 */
import { fieldOf } from "../../base/mod.ts";

/** Where an object is on its way to what its spec asks for. */
export type Status = "Current" | "InProgress" | "Failed" | "Terminating" | "Unknown";

/** What a status says in the words of conditions: `Reconciling` or `Stalled`, or nothing. */
export interface StatusCondition {
  readonly type: "Reconciling" | "Stalled";
  readonly status: "True";
  readonly reason: string;
  readonly message: string;
}

/** What a rule found. */
export interface ObjectStatus {
  readonly status: Status;
  readonly message: string;
  readonly conditions: readonly StatusCondition[];
}

/** One of `status.conditions`, as its writer left it. */
export interface ReadCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** The object is what its spec asks for. */
export function current(message: string): ObjectStatus {
  return { status: "Current", message, conditions: [] };
}

/** The object is on its way. */
export function inProgress(reason: string, message: string): ObjectStatus {
  const condition = { type: "Reconciling", status: "True", reason, message } as const;
  return { status: "InProgress", message, conditions: [condition] };
}

/** The object will not get there by itself. */
export function failed(reason: string, message: string, detail: string = message): ObjectStatus {
  const condition = { type: "Stalled", status: "True", reason, message: detail } as const;
  return { status: "Failed", message, conditions: [condition] };
}

/** Thrown by readers of fields, caught where a status is computed: the object has the wrong shape. */
export class MalformedObject extends Error {}

/** The integer at `path`; `otherwise` where there is none. */
export function integerAt(object: unknown, otherwise: number, ...path: readonly string[]): number {
  const value = fieldOf(object, ...path);
  return typeof value === "number" && Number.isInteger(value) ? value : otherwise;
}

/** The text at `path`; `otherwise` where there is none. */
export function textAt(object: unknown, otherwise: string, ...path: readonly string[]): string {
  const value = fieldOf(object, ...path);
  return typeof value === "string" ? value : otherwise;
}

/** The integer at `path`, which must be one if it is there. */
export function strictIntegerAt(object: unknown, ...path: readonly string[]): number | undefined {
  const value = fieldOf(object, ...path);
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number") return value;
  throw new MalformedObject(`.${path.join(".")} is not a number but ${JSON.stringify(value)}`);
}

/** `status.conditions`, which must be a list if they are there. */
export function conditionsOf(object: unknown): ReadCondition[] {
  const value = fieldOf(object, "status", "conditions");
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new MalformedObject(".status.conditions is not a list");
  return value.map((item) => ({
    type: textAt(item, "", "type"),
    status: textAt(item, "", "status"),
    reason: textAt(item, "", "reason"),
    message: textAt(item, "", "message"),
  }));
}
