/**
 * Durations and times.
 *
 * @module
 */
import type Type from "typebox";
import { text } from "../../lib/schema/mod.ts";

const HINT = "a duration such as 30s, 10m or 1h30m";

/** A duration of milliseconds, seconds, minutes or hours. */
export function interval(description: string): Type.TString {
  return text(description, { pattern: "^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$", hint: HINT });
}

/** A duration that is not given in hours. */
export function timeout(
  description: string,
  options: { readonly default?: string } = {},
): Type.TString {
  return text(description, {
    pattern: "^([0-9]+(\\.[0-9]+)?(ms|s|m))+$",
    hint: "a duration such as 30s or 10m",
    ...options,
  });
}

/** A point in time. */
export function time(description: string): Type.TString {
  return text(description, { format: "date-time" });
}
