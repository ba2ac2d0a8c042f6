import assert from "node:assert/strict";
import { Drawer, Memory } from "./memory.ts";

function fill(limitBytes: number) {
  const memory = new Memory(limitBytes);
  return { memory, drawer: new Drawer<number>(memory) };
}

function held(drawer: Drawer<number>, keys: string): string {
  return [...keys].filter((key) => drawer.get(key) !== undefined).join("");
}

Deno.test("Memory lets go of what was not used for the longest time", () => {
  const { memory, drawer } = fill(100);
  for (const [turn, key] of [..."abc"].entries()) {
    memory.beginTurn();
    drawer.put(key, turn, 30);
  }
  memory.beginTurn();
  drawer.get("a");

  drawer.put("d", 3, 30);

  assert.equal(held(drawer, "abcd"), "acd");
  assert.equal(memory.usedBytes, 90);
});

Deno.test("Memory never holds more than its limit, whatever is put in", () => {
  const { memory, drawer } = fill(1_000);
  for (let turn = 0; turn < 500; turn++) {
    if (turn % 7 === 0) memory.beginTurn();
    drawer.put(`k${turn % 90}`, turn, (turn * 37) % 300);
    assert.ok(memory.usedBytes <= 1_000, `${memory.usedBytes} bytes after ${turn}`);
  }
});

Deno.test("Memory does not trade one thing of a turn for another", () => {
  const { memory, drawer } = fill(100);
  memory.beginTurn();
  for (const key of "abcde") drawer.put(key, 1, 40);

  assert.equal(held(drawer, "abcde"), "ab");
});

Deno.test("Memory refuses what is larger than all of it", () => {
  const { memory, drawer } = fill(100);
  drawer.put("a", 1, 101);

  assert.equal(held(drawer, "a"), "");
  assert.equal(memory.usedBytes, 0);
});

Deno.test("Drawer puts a value in the place of another and counts it once", () => {
  const { memory, drawer } = fill(100);
  drawer.put("a", 1, 40);
  drawer.put("a", 2, 50);

  assert.equal(drawer.get("a"), 2);
  assert.equal(memory.usedBytes, 50);
});
