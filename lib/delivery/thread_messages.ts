/**
 * What a thread that builds and the one that asked say to each other.
 *
 * @module
 */
/** What a thread is told. */
export type ToThread<Request> =
  /** Work; answered by `done` or `crashed`. Of its words both sides know as soon as one has written them. */
  | { readonly kind: "job"; readonly request: Request; readonly words: SharedArrayBuffer }
  /** The next part of the answer; answered by `part` or `end`. */
  | { readonly kind: "next" };

/** What a thread says. */
export type FromThread<Head> =
  /** It waits for the first job. */
  | { readonly kind: "ready" }
  | { readonly kind: "done"; readonly head: Head }
  /** A mistake of ours, with its stack. */
  | { readonly kind: "crashed"; readonly trace: string }
  | { readonly kind: "part"; readonly text: string }
  | { readonly kind: "end" };

/** An answer: what is small at once, the rest in parts that are made when they are asked for. */
export interface Answer<Head> {
  /** Small. */
  readonly head: Head;
  /** Texts of about {@linkcode PART_CHARS}, so that whoever reads them is not held up by one. */
  readonly parts: Iterable<string>;
}

/** Read in about a millisecond. */
export const PART_CHARS = 128 << 10;

/** Number of words that both sides of a job share, 32 bits each. */
export const JOB_WORDS = 2;
/** Anything but 0 calls the job off. */
export const STOP_WORD = 0;
/** Anything but 0 says that the thread has come to the end of the job. */
export const LEFT_WORD = 1;
