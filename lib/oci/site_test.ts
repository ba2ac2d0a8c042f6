import assert from "node:assert/strict";
import { isSameSite } from "./site.ts";

const cases: readonly (readonly [one: string, other: string, want: boolean])[] = [
  ["ghcr.io", "ghcr.io", true],
  ["index.docker.io", "auth.docker.io", true],
  ["registry.gitlab.com", "gitlab.com", true],
  ["registry.cn-hangzhou.aliyuncs.com", "dockerauth.cn-hangzhou.aliyuncs.com", true],
  ["registry.company.io", "auth.company.com", false],
  ["reg.io", "evil-reg.io", false],
  ["reg.io", "reg.io.evil.com", false],
  ["registry.apps.svc", "auth.kube-system.svc", true],
  ["registry", "10.0.0.8", true],
  ["10.0.0.7", "10.0.0.8", true],
  ["[fd00::1]", "auth.internal", true],
  ["reg.io", "10.0.0.8", false],
  ["10.0.0.7", "evil.com", false],
  ["reg.io", "kubernetes", false],
];

for (const [one, other, want] of cases) {
  Deno.test(`isSameSite() says ${want ? "yes" : "no"} to ${one} and ${other}`, () => {
    assert.deepEqual([isSameSite(one, other), isSameSite(other, one)], [want, want]);
  });
}
