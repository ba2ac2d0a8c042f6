import assert from "node:assert/strict";
import { chunksOf } from "./body.ts";

const PIECES = ["some", " text in ", "pieces"];

/** A body of the pieces; then it ends, or breaks. */
function bodyOf(
  type: "bytes" | "chunks",
  { breaks = false, onCancel = () => {} } = {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const left = PIECES.map((piece) => new TextEncoder().encode(piece));
  function pull(
    controller:
      | ReadableByteStreamController
      | ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>,
  ) {
    const piece = left.shift();
    if (piece !== undefined) controller.enqueue(piece);
    else if (breaks) controller.error(new Error("cut"));
    else {
      controller.close();
      // A reader with memory of its own waits until that is given back.
      if ("byobRequest" in controller) controller.byobRequest?.respond(0);
    }
  }
  return type === "bytes"
    ? new ReadableStream({ type, pull, cancel: onCancel })
    : new ReadableStream({ pull, cancel: onCancel });
}

for (const type of ["bytes", "chunks"] as const) {
  for (const reuses of [true, false]) {
    const what = `a stream of ${type}${reuses ? ", in the same memory" : ""}`;

    Deno.test(`chunksOf() gives all of ${what}`, async () => {
      const texts: string[] = [];
      const chunks: Uint8Array[] = [];

      for await (const chunk of chunksOf(bodyOf(type), reuses)) {
        texts.push(new TextDecoder().decode(chunk));
        chunks.push(chunk);
      }

      assert.equal(texts.join(""), PIECES.join(""));
      const isKept = !reuses || type === "chunks";
      assert.equal(chunks.slice(0, -1).every(({ length }) => length > 0), isKept);
    });

    Deno.test(`chunksOf() closes ${what} when nobody reads on`, async () => {
      let cancelled = false;

      for await (const _ of chunksOf(bodyOf(type, { onCancel: () => cancelled = true }), reuses)) {
        break;
      }

      assert.ok(cancelled);
    });

    Deno.test(`chunksOf() tells that ${what} broke`, async () => {
      await assert.rejects(async () => {
        for await (const _ of chunksOf(bodyOf(type, { breaks: true }), reuses));
      }, { message: "cut" });
    });
  }
}
