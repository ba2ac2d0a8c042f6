/**
 * House rules that `deno lint` does not ship: who may import whom.
 *
 * @module
 */

/** Folders from the bottom up; a module imports from its own folder or from a lower row. */
export const LAYERS: readonly (readonly string[])[] = [
  ["lib/base"],
  // YAML is read under a budget and answers with a result, so it stands on base.
  ["lib/yaml"],
  [
    "lib/schema",
    "lib/semver",
    "lib/envsubst",
    "lib/cel",
    "lib/ignore",
    "lib/tar",
    "lib/jsonpatch",
    "lib/template",
    "lib/http",
    "lib/sha1",
    "lib/ssh",
  ],
  ["lib/git", "lib/oci", "lib/crypt", "lib/cloud"],
  ["lib/kustomize", "lib/helm", "lib/image", "lib/artifact", "lib/notify", "lib/sops"],
  ["lib/kube"],
  ["lib/runtime", "crds"],
  ["lib/delivery"],
  [
    "controllers/source",
    "controllers/kustomize",
    "controllers/helm",
    "controllers/image_reflector",
    "controllers/image_automation",
    "controllers/notification",
  ],
  ["cli", "web", "controllers"],
  ["lib/testing"],
  ["tests", "tools"],
];

interface Place {
  folder: string;
  row: number;
}

/** The folder of {@linkcode LAYERS} that holds `path`, and its row. */
export function layerOf(path: string): Place | undefined {
  let found: Place | undefined;
  for (const [row, folders] of LAYERS.entries()) {
    const folder = folders.find((f) => path === f || path.startsWith(`${f}/`));
    // The longest name wins: `controllers/source` before `controllers`.
    if (folder !== undefined && folder.length > (found?.folder.length ?? 0)) {
      found = { folder, row };
    }
  }
  return found;
}

/** Why `from` must not import `to`, or nothing; both are paths in the project. */
export function forbiddenImport(from: string, to: string): string | undefined {
  const here = layerOf(from);
  const there = layerOf(to);
  if (!here || !there || here.folder === there.folder) return undefined;
  const isTest = from.endsWith("_test.ts");
  if (there.folder === "lib/testing") {
    return isTest || here.folder === "tests" ? undefined : "only tests may import lib/testing";
  }
  // A test may bring in whatever it stands on, but still not a neighbour's private parts.
  const allowed = there.row < here.row || (isTest && there.folder !== "tests") ||
    (here.row === there.row && here.folder !== there.folder && here.row === LAYERS.length - 1);
  if (!allowed) return `${here.folder} must not import ${there.folder}`;
  if (here.row >= LAYERS.length - 2) return undefined;
  const isFace = to.endsWith("/mod.ts") || there.folder === "crds" ||
    /^controllers\/\w+\/main\.ts$/.test(to);
  return isFace || isTest ? undefined : `import ${there.folder}/mod.ts, not ${to}`;
}

function resolve(from: string, specifier: string): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

export default {
  name: "house",
  rules: {
    "layers": {
      create(context) {
        const root = new URL("..", import.meta.url).pathname;
        const path = context.filename.replace(root, "");
        function check(
          node: Deno.lint.ImportDeclaration | Deno.lint.ExportAllDeclaration,
        ): void {
          if (!node.source.value.startsWith(".")) return;
          const reason = forbiddenImport(path, resolve(path, node.source.value));
          if (reason !== undefined) context.report({ node, message: reason });
        }
        return { ImportDeclaration: check, ExportAllDeclaration: check };
      },
    },
  },
} satisfies Deno.lint.Plugin;
