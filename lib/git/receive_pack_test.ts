import assert from "node:assert/strict";
import { defaultBudget } from "../base/mod.ts";
import { asResult } from "./failure.ts";
import { SHA1 } from "./object_format.ts";
import { pktLine, pktLines } from "./pkt_line.ts";
import { readReport } from "./receive_pack.ts";

const MAIN = "refs/heads/main";
const UPDATE = { ref: MAIN, from: undefined, to: "a".repeat(40) };
const REFUSED = ["unpack ok\n", `ng ${MAIN} pre-receive hook declined\n`];
const ANSWER = `PushRejected: command error on ${MAIN}: pre-receive hook declined`;

/** What a server sends: its remarks, then the report. */
async function answer(remarks: readonly string[], report: readonly string[]): Promise<string> {
  const [progress, main] = ["\x02", "\x01"];
  const inner = [...report.map(pktLine), "0000"].join("");
  const lines = [...remarks.map((text) => progress + text), main + inner, null];
  const body = (async function* () {
    yield await Promise.resolve(pktLines(lines));
  })();
  const features = new Map([["report-status", ""], ["side-band-64k", ""]]);
  const server = { version: 0, features, format: SHA1 } as const;
  const read = await asResult(() => readReport(body, server, UPDATE, defaultBudget()));
  return read.ok ? "ok" : `${read.code}: ${read.message}`;
}

const cases: readonly {
  readonly name: string;
  readonly remarks?: readonly string[];
  readonly report?: readonly string[];
  readonly want: string;
}[] = [
  {
    name: "takes what was done for done, whatever hooks print",
    remarks: ["be careful\n"],
    report: ["unpack ok\n", `ok ${MAIN}\n`],
    want: "ok",
  },
  { name: "has nothing to add where hooks print nothing", want: ANSWER },
  {
    name: "quotes what hooks print, on one line",
    remarks: ["error: GH006: main is ", "protected.\nerror: make a\tpull request\x1b[0m.\n\n"],
    want: `${ANSWER} (error: GH006: main is protected.; error: make a pull request [0m.)`,
  },
  {
    name: "leaves out what counts, which is another thing each time",
    remarks: ["Unpacking objects:  33% (1/3)\rUnpacking objects: 100% (3/3), done.\nno\n"],
    want: `${ANSWER} (no)`,
  },
  {
    name: "quotes no more than a few sentences",
    remarks: ["x".repeat(5_000)],
    want: `${ANSWER} (${"x".repeat(300)})`,
  },
  {
    name: "quotes it too when the pack was not taken",
    remarks: ["fatal: too large\n"],
    report: ["unpack unpacker error\n"],
    want: "PushRejected: unpack error: unpacker error (fatal: too large)",
  },
  {
    name: "fails when the report does not speak of the ref",
    report: ["unpack ok\n"],
    want: "InvalidData: The server's report is cut off",
  },
];

for (const { name, remarks = [], report = REFUSED, want } of cases) {
  Deno.test(`readReport() ${name}`, async () => {
    assert.equal(await answer(remarks, report), want);
  });
}
