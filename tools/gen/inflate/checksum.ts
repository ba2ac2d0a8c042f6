/**
 * Adler-32 of a content: RFC 1950 §8.2.
 *
 * @module
 */
import {
  add,
  add4,
  add8,
  again,
  type Code,
  constant16,
  either,
  get,
  highProducts8,
  i32,
  isLess,
  laneOf,
  load4,
  load8,
  loop,
  lowProducts8,
  multiply,
  or,
  pairSums16,
  pairSums8,
  remainder,
  repeat,
  sequence,
  set,
  shiftLeft,
  subtract,
  type WasmFunction,
  when,
} from "../wasm.ts";

const MODULUS = 65_521;
/** So many bytes fit into 32 bits without a division: a multiple of 16. */
const MOST_AT_ONCE = 5_552;
const LANE_BYTES = 16;
const WEIGHTS = Array.from({ length: LANE_BYTES }, (_, index) => LANE_BYTES - index);

const [AT, END, FIRST, SECOND, STOP] = [0, 1, 2, 3, 4];
const [SUMS, WEIGHTED, BEFORE, BYTES] = [5, 6, 7, 8];

/** `checksum(at, end)`. */
export function checksumFunction(): WasmFunction {
  const whole = sequence(
    set(SUMS, zeros()),
    set(WEIGHTED, zeros()),
    set(BEFORE, zeros()),
    set(SECOND, add(get(SECOND), multiply(get(FIRST), subtract(get(STOP), get(AT))))),
    repeat(
      sequence(
        set(BYTES, load4(get(AT), 0)),
        set(BEFORE, add4(get(BEFORE), get(SUMS))),
        set(SUMS, add4(get(SUMS), pairSums16(pairSums8(get(BYTES))))),
        set(
          WEIGHTED,
          add4(
            get(WEIGHTED),
            pairSums16(
              add8(
                lowProducts8(get(BYTES), constant16(WEIGHTS)),
                highProducts8(get(BYTES), constant16(WEIGHTS)),
              ),
            ),
          ),
        ),
        set(AT, add(get(AT), i32(LANE_BYTES))),
      ),
      isLess(get(AT), get(STOP)),
    ),
    set(FIRST, add(get(FIRST), sumOf(SUMS))),
    set(SECOND, add(get(SECOND), add(multiply(sumOf(BEFORE), i32(LANE_BYTES)), sumOf(WEIGHTED)))),
    ...reduce(),
  );
  const rest = sequence(
    repeat(
      sequence(
        set(FIRST, add(get(FIRST), load8(get(AT)))),
        set(SECOND, add(get(SECOND), get(FIRST))),
        set(AT, add(get(AT), i32(1))),
      ),
      isLess(get(AT), get(END)),
    ),
    ...reduce(),
  );
  const left = subtract(get(END), get(AT));
  return {
    parameters: 2,
    givesResult: true,
    locals: ["i32", "i32", "i32", "v128", "v128", "v128", "v128"],
    body: sequence(
      set(FIRST, i32(1)),
      set(SECOND, i32(0)),
      loop(
        when(
          isLess(i32(LANE_BYTES - 1), left),
          sequence(
            set(STOP, either(isLess(left, i32(MOST_AT_ONCE)), left, i32(MOST_AT_ONCE))),
            set(STOP, add(get(AT), subtract(get(STOP), remainder(get(STOP), i32(LANE_BYTES))))),
            whole,
            again(1),
          ),
        ),
      ),
      when(isLess(get(AT), get(END)), rest),
      or(shiftLeft(get(SECOND), i32(16)), get(FIRST)),
    ),
  };
}

function reduce(): Code[] {
  return [FIRST, SECOND].map((sum) => set(sum, remainder(get(sum), i32(MODULUS))));
}

function sumOf(lanes: number): Code {
  return [0, 1, 2, 3].map((lane) => laneOf(get(lanes), lane)).reduce(add);
}

function zeros(): Code {
  return constant16(new Array<number>(LANE_BYTES).fill(0));
}
