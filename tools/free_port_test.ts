import assert from "node:assert/strict";
import { listenApart } from "./free_port.ts";

Deno.test("listenApart() tries another port where one is taken, none that systems give away", () => {
  const tried: number[] = [];
  const got = listenApart((port) => {
    tried.push(port);
    if (tried.length < 3) throw new Deno.errors.AddrInUse("taken");
    return port;
  });
  assert.equal(tried.length, 3);
  assert.equal(got, tried.at(-1));
  assert.ok(tried.every((port) => port >= 10_000 && port < 32_000), tried.join());
});

Deno.test("listenApart() does not try again where listening fails otherwise, nor for ever", () => {
  let tries = 0;
  const failWith = (error: Error) => () => {
    tries++;
    throw error;
  };
  assert.throws(() => listenApart(failWith(new TypeError("no"))), TypeError);
  assert.equal(tries, 1);
  assert.throws(
    () => listenApart(failWith(new Deno.errors.AddrInUse("taken"))),
    Deno.errors.AddrInUse,
  );
  assert.ok(tries < 1_000);
});
