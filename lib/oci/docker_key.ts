/**
 * Keys of a docker configuration: which images they are about, as the kubelet reads them.
 *
 * @module
 */

/** Keys that all mean Docker Hub. */
const DOCKER_HUB_NAMES = new Set(["docker.io", "registry-1.docker.io"]);

/** `https://index.docker.io/v1/` → `index.docker.io`: scheme and version are history. */
export function normalizeKey(key: string): string {
  const bare = key.trim().replace(/^https?:\/\//, "");
  const [host = "", ...path] = bare.split("/").filter((part) => part !== "");
  if (path[0] === "v1" || path[0] === "v2") path.shift();
  return [DOCKER_HUB_NAMES.has(host) ? "index.docker.io" : host, ...path].join("/");
}

/** Whether a key that is written so is one for an image. */
export function fits(key: string, canonical: string): boolean {
  const [host = "", ...path] = key.split("/");
  const [wanted = "", ...repository] = canonical.split("/");
  return fitsHost(host, wanted) && path.every((part, index) => part === repository[index]);
}

function fitsHost(pattern: string, host: string): boolean {
  const patterns = pattern.split(/[.:]/);
  const labels = host.split(/[.:]/);
  return pattern.includes(":") === host.includes(":") && patterns.length === labels.length &&
    patterns.every((part, index) => fitsLabel(part, labels[index] ?? ""));
}

function fitsLabel(pattern: string, label: string): boolean {
  const [start = "", ...rest] = pattern.split("*");
  const end = rest.pop();
  if (end === undefined) return pattern === label;
  if (!label.startsWith(start)) return false;
  let at = start.length;
  for (const piece of rest) {
    const found = label.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return label.length >= at + end.length && label.endsWith(end);
}
