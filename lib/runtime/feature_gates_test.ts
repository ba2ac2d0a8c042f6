import assert from "node:assert/strict";
import { checkFeatureGates, type FeatureGates } from "./feature_gates.ts";

const GATES: FeatureGates = {
  "Strict": { value: true, components: ["kustomize"], help: "Be strict." },
  "Cache": { value: false, components: ["source"], help: "Keep copies." },
  "Free": { value: false, isFree: true, components: ["kustomize"], help: "As you like." },
};

const cases = [
  { name: "none", items: [], want: true },
  { name: "what is done anyway", items: ["Strict=true", "Cache=false"], want: true },
  { name: "either side of a free gate", items: ["Free=true", "Free=false"], want: true },
  { name: "the other side of a known gate", items: ["Strict=false"], want: "UnknownGate" },
  { name: "an unknown gate", items: ["Other=true"], want: "UnknownGate" },
  { name: "an unknown gate that is off", items: ["Other=false"], want: "UnknownGate" },
  { name: "a gate that every object has", items: ["toString=true"], want: "UnknownGate" },
  { name: "no value", items: ["Strict"], want: "InvalidFlag" },
];

for (const { name, items, want } of cases) {
  Deno.test(`checkFeatureGates() of ${name}`, () => {
    const got = checkFeatureGates(items, GATES);

    assert.deepEqual(got.ok ? true : got.code, want);
  });
}

Deno.test("checkFeatureGates() names the gate that was meant", () => {
  const got = checkFeatureGates(["Strickt=true"], GATES);

  assert.equal(
    !got.ok && got.message,
    '--feature-gates: "Strickt" is not implemented here; did you mean "Strict"?',
  );
});
