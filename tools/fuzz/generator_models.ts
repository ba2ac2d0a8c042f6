/**
 * Generators of ConfigMaps, Secrets and service accounts.
 *
 * @module
 */
import fc from "fast-check";
import { asText, inFile, isMap, type Json, listOf, mapOf, oneOf } from "./model.ts";
import { objects } from "./objects.ts";
import { flags, labelMaps, plugin, plugins } from "./shared_models.ts";
import { keys, names, namespaces, texts } from "./values.ts";

/** `generatorOptions`, and the options of one generator. */
export const generatorOptions = mapOf({}, {
  labels: labelMaps,
  annotations: labelMaps,
  disableNameSuffixHash: flags,
  immutable: flags,
});

const literals = fc.oneof(
  fc.tuple(keys.filter((key) => !key.includes("/")), texts).map(([key, value]) =>
    `${key}=${String(value)}`
  ),
  fc.constantFrom("k1='q'", 'k1="q"', "k1=", "novalue", "true=x", "k 1=x", "a=b=c", "=x"),
);
const contents = fc.oneof(
  texts.map((it): Json => String(it)),
  asText(objects).map((it) => isMap(it) ? it.$text ?? "" : ""),
  oneOf("long ".repeat(40), "line\n".repeat(4), "\ufeffx", "a\r\nb\r\n"),
);
const fileSources = fc.oneof(
  contents.map((it): Json => ({ $file: it, extension: "txt" })),
  fc.tuple(keys, contents).map(([key, it]): Json => ({ $keyed: it, key })),
);
const envLines = listOf(
  oneOf("K=v", "K_2=a b ", " L=1", "# no", "", "EMPTY=", "BARE", "Q='q'", "M=true", "N=$(VAR)"),
  4,
);
const envFiles = inFile(envLines.map((it) => ({ $lines: it })), "env");
const behaviors = fc.constantFrom("create", "create", "merge", "replace");

const sources = {
  namespace: namespaces,
  behavior: behaviors,
  literals: listOf(literals, 3),
  files: listOf(fileSources),
  envs: listOf(envFiles),
  env: envFiles,
  options: generatorOptions,
};
/** Entries of `configMapGenerator`. */
export const configMaps = mapOf({ name: names }, sources, 3);
/** Entries of `secretGenerator`. */
export const secrets = mapOf({ name: names }, {
  ...sources,
  type: oneOf("Opaque", "kubernetes.io/tls", ""),
}, 3);

/** `generators`: configurations that stand alone. */
export const generators = plugins(fc.oneof(
  plugin("ConfigMapGenerator", sources),
  plugin("SecretGenerator", { ...sources, type: oneOf("Opaque") }),
  plugin("IAMPolicyGenerator", {
    kubernetesService: mapOf({ name: names }, { namespace: namespaces }),
    serviceAccount: mapOf({ name: names, projectId: oneOf("project", "1") }),
  }, { cloud: oneOf("gke", "gke", "gke", "aws") }),
));
