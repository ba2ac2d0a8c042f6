/**
 * Label selectors in the notation of Kubernetes: `a=b,c!=d,e in (x,y),!f,g>1`.
 *
 * @module
 */
import { Refusal } from "./refusal.ts";

/** Decides over a set of labels. */
export type LabelTest = (labels: ReadonlyMap<string, string>) => boolean;

const TOKEN = /\s*(==|=|!=|!|,|\(|\)|<|>|[^\s=!,()<>]+)/y;
const KEY = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/** Compiles a selector; the empty one selects everything. */
export function parseLabelSelector(selector: string): LabelTest {
  const tokens = tokenize(selector);
  const tests: LabelTest[] = [];
  let at = 0;

  function next(): string | undefined {
    return tokens[at++];
  }
  function bad(): Refusal {
    return new Refusal(
      `"${selector.slice(0, 200)}" is not a label selector such as app=web,tier in (a,b),!old`,
    );
  }
  function key(token: string | undefined): string {
    if (token === undefined || !KEY.test(token)) throw bad();
    return token;
  }
  function value(): string {
    const token = tokens[at];
    if (token === undefined || token === ",") return "";
    at++;
    if (!VALUE.test(token)) throw bad();
    return token;
  }
  function values(): Set<string> {
    if (next() !== "(") throw bad();
    const found = new Set<string>();
    for (;;) {
      const token = next();
      if (token === ")") return found.add("");
      if (token === ",") {
        found.add("");
        continue;
      }
      if (token === undefined || !VALUE.test(token)) throw bad();
      found.add(token);
      const after = next();
      if (after === ")") return found;
      if (after !== ",") throw bad();
    }
  }
  function requirement(): LabelTest {
    const first = next();
    if (first === "!") {
      const name = key(next());
      return (labels) => !labels.has(name);
    }
    const name = key(first);
    const operator = tokens[at];
    if (operator === undefined || operator === ",") return (labels) => labels.has(name);
    at++;
    return comparison(name, operator);
  }
  function comparison(name: string, operator: string): LabelTest {
    if (operator === "=" || operator === "==") {
      const wanted = value();
      return (labels) => labels.get(name) === wanted;
    }
    if (operator === "!=") {
      const unwanted = value();
      return (labels) => labels.get(name) !== unwanted;
    }
    if (operator === "in" || operator === "notin") {
      const set = values();
      const isIn = operator === "in";
      return (labels) => {
        const there = labels.get(name);
        return there === undefined ? !isIn : set.has(there) === isIn;
      };
    }
    if (operator !== "<" && operator !== ">") throw bad();
    const bound = value();
    if (!/^[-+]?\d+$/.test(bound)) throw bad();
    return (labels) => {
      const there = labels.get(name) ?? "";
      if (!/^[-+]?\d+$/.test(there)) return false;
      return operator === ">" ? BigInt(there) > BigInt(bound) : BigInt(there) < BigInt(bound);
    };
  }

  while (at < tokens.length) {
    tests.push(requirement());
    const separator = next();
    if (separator === undefined) break;
    if (separator !== "," || at >= tokens.length) throw bad();
  }
  return (labels) => tests.every((test) => test(labels));
}

function tokenize(selector: string): string[] {
  const trimmed = selector.trimEnd();
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < trimmed.length) {
    const [, token] = TOKEN.exec(trimmed) ?? [];
    if (token === undefined) break;
    tokens.push(token);
  }
  return tokens;
}
