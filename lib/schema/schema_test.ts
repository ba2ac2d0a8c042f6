/**
 * Shapes: what they accept, what they say, what they become.
 *
 * @module
 */
import assert from "node:assert/strict";
import Type from "typebox";
import { decoderOf, fillDefaults, flag, integer, list, object, oneOf, openApiOf } from "./mod.ts";
import { optional, text, textMap } from "./mod.ts";

const Shape = object("A shape", {
  name: text("A name", { minLength: 1, maxLength: 5 }),
  size: oneOf("A size", ["small", "large"], { default: "small" }),
  count: optional(integer("A count", { minimum: 0 })),
  at: optional(text("A time", { format: "date-time" })),
  labels: optional(textMap("Labels")),
  parts: optional(
    list("Parts", object("A part", { on: flag("Whether", { default: true }) }), { maxItems: 2 }),
  ),
}, [{ rule: "self.name != self.size", message: "not both" }]);

Deno.test("openApiOf() keeps rules and makes fields with a default optional", () => {
  assert.deepEqual(openApiOf(Shape), {
    type: "object",
    description: "A shape",
    required: ["name"],
    "x-kubernetes-validations": [{ rule: "self.name != self.size", message: "not both" }],
    properties: {
      name: { type: "string", description: "A name", minLength: 1, maxLength: 5 },
      size: { type: "string", description: "A size", enum: ["small", "large"], default: "small" },
      count: { type: "integer", description: "A count", minimum: 0 },
      at: { type: "string", description: "A time", format: "date-time" },
      labels: {
        type: "object",
        description: "Labels",
        additionalProperties: { type: "string" },
      },
      parts: {
        type: "array",
        description: "Parts",
        maxItems: 2,
        items: {
          type: "object",
          description: "A part",
          properties: { on: { type: "boolean", description: "Whether", default: true } },
        },
      },
    },
  });
});

Deno.test("openApiOf() refuses what a structural schema cannot say", () => {
  assert.throws(() => openApiOf(Type.Union([Type.String(), Type.Integer()])), TypeError);
});

const DEFAULTS: readonly { name: string; value: unknown; want: unknown }[] = [
  { name: "fills a field", value: {}, want: { size: "small" } },
  {
    name: "fills in a list's items",
    value: { parts: [{}] },
    want: { size: "small", parts: [{ on: true }] },
  },
  { name: "takes null as absent", value: { size: null, at: null }, want: { size: "small" } },
  {
    name: "keeps what it does not know",
    value: { x: null, size: "large" },
    want: { x: null, size: "large" },
  },
  {
    name: "leaves another type to the check",
    value: { parts: 1 },
    want: { size: "small", parts: 1 },
  },
  { name: "leaves a value that is no object alone", value: "x", want: "x" },
  {
    name: "takes a field called __proto__ for a field",
    value: JSON.parse('{"labels":{"__proto__":"x"}}'),
    want: { size: "small", labels: JSON.parse('{"__proto__":"x"}') },
  },
];

for (const { name, value, want } of DEFAULTS) {
  Deno.test(`fillDefaults() ${name}`, () => {
    assert.deepEqual(fillDefaults(Shape, value), want);
  });
}

const WRONG: readonly { value: unknown; want: string }[] = [
  { value: "x", want: 'the object must be an object, not "x"' },
  { value: {}, want: "name is missing" },
  { value: { name: "" }, want: "name must have at least 1 characters" },
  { value: { name: "abcdef" }, want: "name must not have more than 5 characters" },
  { value: { name: "a", size: "huge" }, want: 'size must be one of small, large, not "huge"' },
  { value: { name: "a", count: 1.5 }, want: "count must be an integer, not 1.5" },
  { value: { name: "a", count: -1 }, want: "count must be >= 0, not -1" },
  {
    value: { name: "a", at: "today" },
    want: 'at must be an RFC 3339 time such as 2026-01-31T08:00:00Z, not "today"',
  },
  {
    value: { name: "a", labels: { "x/~y": true } },
    want: 'labels["x/~y"] must be a string, not true',
  },
  { value: { name: "a", parts: [{}, { on: 0 }] }, want: "parts[1].on must be a boolean, not 0" },
  { value: { name: "a", parts: [{}, {}, {}] }, want: "parts must not have more than 2 items" },
  {
    value: { name: "x".repeat(1000), size: "y".repeat(1000) },
    want: `name must not have more than 5 characters; size must be one of small, large, not "${
      "y".repeat(60)
    }…"`,
  },
];

for (const { value, want } of WRONG) {
  Deno.test(`decoderOf() says: ${want.slice(0, 70)}`, () => {
    assert.deepEqual(decoderOf(Shape)(value), { ok: false, code: "InvalidObject", message: want });
  });
}

Deno.test("decoderOf() names three errors at most", () => {
  const got = decoderOf(Shape)({ name: 1, size: 1, count: "1", at: 1, labels: 1 });

  assert.ok(!got.ok);
  assert.equal(got.message.split("; ").length, 3);
});
