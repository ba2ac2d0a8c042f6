import assert from "node:assert/strict";
import { FLAGS, parseFlags } from "../lib/runtime/mod.ts";
import { unsupportedFlag } from "./unsupported_flags.ts";

const COMPONENTS = ["source", "kustomize"];

const cases = [
  { args: [], want: undefined },
  { args: ["--concurrent=2", "--enable-leader-election"], want: undefined },
  { args: ["--artifact-digest-algo=blake3", "--insecure-kubeconfig-tls=false"], want: undefined },
  { args: ["--insecure-kubeconfig-exec"], want: /exec: no kubeconfig makes Sluice run a program/ },
  { args: ["--insecure-kubeconfig-tls"], want: /tls: certificates are always verified: put/ },
  { args: ["--receiverAddr=:1"], want: /receiverAddr is for notification, which is not here yet/ },
];

for (const { args, want } of cases) {
  Deno.test(`unsupportedFlag() of ${args.join(" ") || "none"}`, () => {
    const parsed = parseFlags(FLAGS, args);
    assert.ok(parsed.ok);

    const got = unsupportedFlag(FLAGS, parsed.value, COMPONENTS);

    if (want === undefined) assert.equal(got, undefined);
    else assert.match(got ?? "", want);
  });
}
