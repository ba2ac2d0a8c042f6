/**
 * Which processes belong to the command that started a tool.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Ancestor, ownChain } from "./lifeline.ts";

function ancestors(...commands: string[]): Ancestor[] {
  return commands.map((command, index) => ({
    pid: 90 - index,
    parent: 89 - index,
    started: "1",
    command,
  }));
}

Deno.test("ownChain() takes what belongs to the command and stops at who typed it", async (t) => {
  const cases = [
    {
      name: "npx",
      commands: [
        "deno task cluster",
        "sh -c 'deno' task cluster",
        "npm exec deno@2 task cluster",
        "bash",
        "sshd",
      ],
      want: 3,
    },
    {
      name: "npx with its older command line",
      commands: [
        "/x/deno task cluster",
        "node /x/bin/deno task cluster",
        "/bin/sh -c deno task cluster",
        "node /usr/bin/npx -y deno@2 task cluster",
        "zsh",
      ],
      want: 4,
    },
    { name: "deno on PATH", commands: ["deno task cluster", "-bash"], want: 1 },
    {
      name: "a script's shell is none of ours",
      commands: ["deno task cluster", "sh -c deno task cluster & sleep 9", "make"],
      want: 1,
    },
    { name: "no task runner", commands: ["bash", "deno task test"], want: 0 },
    {
      name: "a test that runs the tool, down from the gate",
      commands: ["deno task cluster", "deno test tests/e2e", "deno run tools/test.ts", "fish"],
      want: 3,
    },
    {
      name: "another node program",
      commands: ["deno task cluster", "node /srv/agent.js", "systemd"],
      want: 1,
    },
  ];
  for (const { name, commands, want } of cases) {
    await t.step(name, () => assert.equal(ownChain(ancestors(...commands)).length, want));
  }
});
