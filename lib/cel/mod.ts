/**
 * CEL, the expressions of Flux's API, with a limit on what one may cost.
 *
 * @module
 */
export type { CelLimits } from "./meter.ts";
export {
  type CelProgram,
  type CelVariables,
  compileCel,
  COST_EXCEEDED,
  EVALUATION_FAILED,
  INVALID_EXPRESSION,
  parseCel,
} from "./program.ts";
export type {
  CelDuration,
  CelList,
  CelMap,
  CelOptional,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  CelValue,
} from "./value.ts";
