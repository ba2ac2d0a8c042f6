import assert from "node:assert/strict";
import { FakeClock } from "../testing/fake_clock.ts";
import { createLogger, type LoggerOptions } from "./log.ts";

Deno.test("a line has level, time, message and fields, in the order of Flux's", () => {
  const { log, lines } = harness();

  log.with({ controller: "thing", logger: "runtime" }).info("done", { name: "a" });

  assert.deepEqual(lines, [
    '{"level":"info","ts":"2026-01-01T00:00:00.000Z","logger":"runtime","msg":"done",' +
    '"controller":"thing","name":"a"}',
  ]);
});

const levels = [
  { level: "debug", want: ["debug", "info", "error"] },
  { level: "info", want: ["info", "error"] },
  { level: "error", want: ["error"] },
] as const;

for (const { level, want } of levels) {
  Deno.test(`a logger of level ${level} writes ${want.join(", ")}`, () => {
    const { log, lines } = harness({ level });

    log.debug("m");
    log.info("m");
    log.error("m");

    assert.deepEqual(lines.map((line) => JSON.parse(line).level), want);
  });
}

const values: { name: string; value: unknown; want: unknown }[] = [
  { name: "an error", value: new Error("get https://u:p@h/x"), want: "get https://*****@h/x" },
  { name: "an exact integer", value: 2n ** 60n, want: "1152921504606846976" },
  { name: "a secret deep inside", value: [{ token: "hunter22" }], want: [{ token: "*****" }] },
  { name: "null", value: null, want: null },
];

for (const { name, value, want } of values) {
  Deno.test(`a field may be ${name}`, () => {
    const { log, lines } = harness();

    log.info("m", { value });

    assert.deepEqual(JSON.parse(lines[0] ?? "").value, want);
  });
}

Deno.test("a field that contains itself ends somewhere", () => {
  const { log, lines } = harness();
  const loop: Record<string, unknown> = {};
  loop["self"] = loop;

  log.info("m", { loop });

  assert.equal(lines.length, 1);
});

Deno.test("secrets do not show in messages, and a line is one line", () => {
  const { log, lines } = harness();

  log.error("token hunter22\nof", { why: "a\nb" });

  assert.deepEqual([JSON.parse(lines[0] ?? "").msg, lines[0]?.includes("\n")], [
    "token *****\nof",
    false,
  ]);
});

Deno.test("the form for consoles has the same facts", () => {
  const { log, lines } = harness({ encoding: "console" });

  log.info("done", { name: "a" });

  assert.deepEqual(lines, ['2026-01-01T00:00:00.000Z\tINFO\tdone\t{"name":"a"}']);
});

function harness(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const log = createLogger({
    write: (line) => lines.push(line),
    clock: new FakeClock(),
    secrets: () => ["hunter22"],
    ...options,
  });
  return { log, lines };
}
