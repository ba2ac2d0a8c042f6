/**
 * Anchors, tags and aliases.
 *
 * @module
 */
import type { MapNode, ScalarNode, ScalarStyle, ScalarTag, SeqNode, YamlNode } from "./node.ts";
import {
  countCopy,
  countNode,
  enter,
  isBoundary,
  leave,
  peek,
  type Reader,
  skipBlanks,
  stop,
} from "./_reader.ts";
import { floatOf, isBeyondInt64, resolvePlain } from "./resolve.ts";

const BANG = 33;
const AMPERSAND = 38;

/** What stands before a node's content. */
export interface Properties {
  readonly anchor: string | undefined;
  readonly tag: string | undefined;
}

/** Reads `&anchor` and `!tag` in either order; `undefined` when neither is there. */
export function readProperties(reader: Reader): Properties | undefined {
  let anchor: string | undefined;
  let tag: string | undefined;
  for (;;) {
    const unit = peek(reader);
    if (unit === AMPERSAND && anchor === undefined) anchor = readAnchorName(reader);
    else if (unit === BANG && tag === undefined) tag = readTag(reader);
    else break;
    const next = reader.pos;
    skipBlanks(reader);
    const more = peek(reader);
    if (more !== AMPERSAND && more !== BANG) {
      reader.pos = next;
      break;
    }
  }
  if (anchor === undefined && tag === undefined) return undefined;
  if (anchor !== undefined) reader.anchors.set(anchor, null);
  return { anchor, tag };
}

/** Reads the name behind `&` or `*`. */
export function readAnchorName(reader: Reader): string {
  const start = reader.pos + 1;
  let at = start;
  while (at < reader.end && /[0-9A-Za-z_-]/.test(reader.text.charAt(at))) at++;
  const next = at < reader.end ? reader.text.charAt(at) : "";
  if (
    at === start ||
    (!isBoundary(next === "" ? -1 : next.charCodeAt(0)) && !"?:,]}%@`".includes(next))
  ) {
    stop(
      reader,
      "did not find expected alphabetic or numeric character",
      "name anchors with letters, digits, - and _",
    );
  }
  reader.pos = at;
  return reader.text.slice(start, at);
}

/** Reads a tag and gives its short form: `!!int`, `!local` or a whole URI. */
function readTag(reader: Reader): string {
  const start = reader.pos;
  let at = start + 1;
  if (reader.text.charAt(at) === "<") {
    const close = reader.text.indexOf(">", at);
    if (close < 0 || close >= reader.end) {
      stop(reader, "did not find the expected '>'", "close the tag with >");
    }
    reader.pos = close + 1;
    return shortTag(checkUri(reader, reader.text.slice(at + 1, close)));
  }
  while (at < reader.end && /[\w;/?:@&=+$,.~*'()[\]%!-]/.test(reader.text.charAt(at))) at++;
  const next = at < reader.end ? reader.text.charCodeAt(at) : -1;
  if (!isBoundary(next)) {
    stop(reader, "did not find expected whitespace or line break", "put a space behind the tag");
  }
  reader.pos = at;
  return expandTag(reader, checkUri(reader, reader.text.slice(start, at)));
}

function checkUri(reader: Reader, tag: string): string {
  if (tag === "!!") stop(reader, "did not find expected tag URI", "name the tag behind !!");
  if (!/%(?![0-9a-fA-F]{2})/.test(tag)) return tag;
  return stop(reader, "did not find URI escaped octet", "write % in a tag as %25");
}

function expandTag(reader: Reader, tag: string): string {
  const handle = /^![\w-]+!/.exec(tag)?.[0];
  if (handle === undefined) return shortTag(tag);
  const prefix = reader.tagHandles.get(handle);
  if (prefix === undefined) {
    stop(reader, "found undefined tag handle", `declare ${handle} by %TAG, or leave the tag out`);
  }
  return shortTag(prefix + tag.slice(handle.length));
}

const CORE_PREFIX = "tag:yaml.org,2002:";

function shortTag(tag: string): string {
  return tag.startsWith(CORE_PREFIX) ? `!!${tag.slice(CORE_PREFIX.length)}` : tag;
}

/** What `text` is under its tag, or under none; what JSON has no form for is refused. */
export function tagScalar(
  reader: Reader,
  text: string,
  style: ScalarStyle,
  tag: string | undefined,
): ScalarTag {
  const found = findTag(reader, text, style, tag);
  if (found === "float" && reader.mode !== "source" && !Number.isFinite(floatOf(text))) {
    stop(reader, `unsupported value: ${text}`, "write a number that JSON has, or put it in quotes");
  }
  return found;
}

function findTag(
  reader: Reader,
  text: string,
  style: ScalarStyle,
  tag: string | undefined,
): ScalarTag {
  switch (tag) {
    case undefined:
    case "!":
      // For sigs.k8s.io/yaml the bare tag makes a string, for kustomize nothing.
      if (tag !== undefined && reader.mode === "lenient") return "str";
      if (style !== "plain") return "str";
      return text === "<<" ? "merge" : resolvePlain(text, reader.mode);
    case "!!int":
    case "!!bool":
    case "!!null":
    case "!!float":
    case "!!timestamp":
      return convert(reader, text, tag);
    case "!!binary":
      return checkBinary(reader, text);
    case "!!merge":
      return "merge";
    default:
      return "str";
  }
}

function convert(reader: Reader, text: string, tag: string): ScalarTag {
  const found = resolvePlain(text, reader.mode);
  if (`!!${found}` === tag) return found;
  if (tag === "!!float" && found === "int" && !isBeyondInt64(text)) return "float";
  if (tag === "!!timestamp" && resolvePlain(text, "kyaml") === "timestamp") return "str";
  return stop(
    reader,
    `cannot decode !!${found} \`${text.slice(0, 60)}\` as a ${tag}`,
    "leave the tag out or mend the value",
  );
}

function checkBinary(reader: Reader, text: string): ScalarTag {
  // RFC 4648 §4, padding included; of all white space only line breaks may stand in between.
  const packed = text.replace(/[\r\n]/g, "");
  if (packed.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(packed)) return "binary";
  return stop(reader, "!!binary value contains invalid base64 data", "encode the value again");
}

/** Remembers `node` under its anchor, unless something inside it has taken the name meanwhile: as in Go, the later start wins. */
export function bindAnchor(
  reader: Reader,
  properties: Properties | undefined,
  node: YamlNode,
): void {
  const name = properties?.anchor;
  if (name !== undefined && reader.anchors.get(name) === null) reader.anchors.set(name, node);
}

/** Reads `*name`: a copy of the node it stands for, or in a tree of what is written the name. */
export function readAlias(reader: Reader): YamlNode {
  const name = readAnchorName(reader);
  const node = reader.anchors.get(name);
  if (node === undefined) {
    stop(reader, `unknown anchor '${name}' referenced`, `put &${name} before the value it names`);
  }
  if (node === null) {
    stop(reader, `anchor '${name}' value contains itself`, "name an anchor that is complete");
  }
  if (reader.mode === "source") {
    countNode(reader);
    return { kind: "scalar", tag: "str", value: `*${name}`, style: "plain", isAlias: true };
  }
  return copyNode(reader, node);
}

function copyNode(reader: Reader, node: YamlNode): YamlNode {
  switch (node.kind) {
    case "scalar":
      return copyScalar(reader, node);
    case "seq":
    case "map": {
      countCopy(reader, 0);
      enter(reader);
      const copy = copyCollection(reader, node);
      leave(reader);
      return copy;
    }
  }
}

function copyCollection(reader: Reader, node: SeqNode | MapNode): YamlNode {
  if (node.kind === "seq") {
    return { ...node, items: node.items.map((item) => copyNode(reader, item)) };
  }
  return {
    ...node,
    entries: node.entries.map(({ key, value }) => ({
      key: copyScalar(reader, key),
      value: copyNode(reader, value),
    })),
  };
}

function copyScalar(reader: Reader, node: ScalarNode): ScalarNode {
  countCopy(reader, node.value.length);
  return { ...node };
}
