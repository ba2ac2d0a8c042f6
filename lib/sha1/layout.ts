/**
 * Where things lie in the kernel's memory.
 *
 * @module
 */

/** Addresses, in bytes. */
export const LAYOUT = {
  /** Five words: the digest so far. */
  state: 0,
  /** One word: not 0 once an attack was seen. */
  attack: 32,
  /** The state after 58 steps, and 32 bytes on the one after 65. */
  meetings: 64,
  /** A word for each lane: the vectors whose conditions its block meets. */
  alive: 128,
  /** 80 steps of four lanes. */
  words: 256,
  /** A word for each relation: the vectors that it rules out. */
  masks: 1_536,
  /** 80 words for each vector; those after the 16th are put there by whoever loads the kernel. */
  differences: 2_560,
  /** How many vectors there are. */
  vectors: 32,
  /** Blocks to digest. */
  input: 16_384,
  /** All of it, in pages of 64 KiB. */
  pages: 1,
} as const;
