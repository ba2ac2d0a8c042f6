import assert from "node:assert/strict";
import { parseComplaints } from "./lint_docs.ts";

Deno.test("parseComplaints() tells missing words from types of others", () => {
  const output =
    "\x1b[31merror[missing-jsdoc]\x1b[0m: exported symbol is missing JSDoc documentation\n" +
    " --> lib/a/b.ts:1:1\n\nerror[private-type-ref]: public type 'a' references private type 'TObject'\n" +
    "  --> lib/a/c.ts:2:1\n\nerror: Found 2 documentation lint errors.\n";

  const got = parseComplaints(output).map(({ privateType }) => privateType);

  assert.deepEqual(got, [undefined, "TObject"]);
});
