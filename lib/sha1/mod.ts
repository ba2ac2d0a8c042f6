/**
 * SHA-1 that notices attacks: for names of objects that strangers make.
 *
 * @module
 */
export { type Digested, digestSha1 } from "./digest.ts";
