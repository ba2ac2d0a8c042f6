import assert from "node:assert/strict";
import { parseLabelSelector } from "../base/mod.ts";
import { matchesFields, matchesLabels, parseFieldSelector } from "./selector.ts";

Deno.test("label selectors select as the server does", () => {
  const labels = { app: "web", "example.com/tier": "front", empty: "" };
  const cases = [
    { selector: "", want: true },
    { selector: "app", want: true },
    { selector: "!app", want: false },
    { selector: "!other", want: true },
    { selector: "app=web", want: true },
    { selector: "app == web", want: true },
    { selector: "app!=web", want: false },
    { selector: "other!=web", want: true },
    { selector: "empty=", want: true },
    { selector: "app in (web, db),example.com/tier=front", want: true },
    { selector: "app in (db)", want: false },
    { selector: "other in (db)", want: false },
    { selector: "app notin (db)", want: true },
    { selector: "other notin (db)", want: true },
    { selector: "toString", want: false },
  ];

  for (const { selector, want } of cases) {
    const parsed = parseLabelSelector(selector);
    assert.ok(parsed.ok, selector);
    assert.equal(matchesLabels(parsed.value, labels), want, selector);
  }
});

Deno.test("field selectors compare fields as text", () => {
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: "apps" },
    spec: { nodeName: "n1" },
  };
  const cases = [
    { selector: "metadata.name=web", want: true },
    { selector: "metadata.name=web,spec.nodeName!=n1", want: false },
    { selector: "status.phase=", want: true },
    { selector: "status.phase!=Running", want: true },
  ];

  for (const { selector, want } of cases) {
    const parsed = parseFieldSelector(selector);
    assert.ok(parsed.ok, selector);
    assert.equal(matchesFields(parsed.value, pod), want, selector);
  }
  assert.equal(parseFieldSelector("a").ok, false);
});
