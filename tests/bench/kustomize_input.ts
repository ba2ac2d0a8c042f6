/**
 * An overlay of any size to measure builds with.
 *
 * @module
 */

/** Resources in one file of the base. */
const PER_FILE = 10;

/** Writes a base and an overlay that build to about `size` resources; gives the overlay's folder. */
export async function writeOverlay(folder: string, size: number): Promise<string> {
  await Deno.mkdir(`${folder}/base`, { recursive: true });
  await Deno.mkdir(`${folder}/overlay`, { recursive: true });
  const files: string[] = [];
  for (let first = 0; first < size; first += PER_FILE) {
    const numbers = Array.from({ length: Math.min(PER_FILE, size - first) }, (_, i) => first + i);
    const name = `r${first}.yaml`;
    files.push(name);
    await Deno.writeTextFile(`${folder}/base/${name}`, numbers.map(resource).join("---\n"));
  }
  await Deno.writeTextFile(
    `${folder}/base/kustomization.yaml`,
    `resources:\n${files.map((name) => `- ${name}\n`).join("")}`,
  );
  await Deno.writeTextFile(`${folder}/overlay/kustomization.yaml`, overlay(size));
  return `${folder}/overlay`;
}

/** Rewrites the first file of the base, another each time. */
export async function changeOneFile(folder: string, turn: number): Promise<void> {
  const path = `${folder}/base/r0.yaml`;
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, text.replace(/replicas: \d+/, `replicas: ${turn + 2}`));
}

function resource(number: number): string {
  switch (number % 5) {
    case 0:
    case 1:
      return deployment(number);
    case 2:
      return `apiVersion: v1
kind: Service
metadata:
  name: app-${number - 1}
spec:
  ports:
  - port: 80
    targetPort: http
  selector:
    run: app-${number - 1}
`;
    case 3:
      return `apiVersion: v1
kind: ConfigMap
metadata:
  name: settings-${number}
data:
  level: info
  text: |
    one=1
    two=2
`;
    default:
      return `apiVersion: v1
kind: ServiceAccount
metadata:
  name: account-${number}
`;
  }
}

function deployment(number: number): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-${number}
spec:
  replicas: 1
  selector:
    matchLabels:
      run: app-${number}
  template:
    metadata:
      labels:
        run: app-${number}
    spec:
      serviceAccountName: account-${number - (number % 5) + 4}
      containers:
      - name: main
        image: example/app:v1
        ports:
        - name: http
          containerPort: 8080
        env:
        - name: LEVEL
          valueFrom:
            configMapKeyRef:
              name: shared
              key: level
        volumeMounts:
        - name: settings
          mountPath: /etc/app
      volumes:
      - name: settings
        configMap:
          name: settings-${number - (number % 5) + 3}
`;
}

function overlay(size: number): string {
  const patches = Array.from(
    { length: Math.max(1, Math.floor(size / 50)) },
    (_, index) =>
      `- patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: app-${index * 5}
    spec:
      replicas: 3
`,
  );
  return `namePrefix: prod-
namespace: prod
labels:
- pairs: {team: blue}
  includeSelectors: true
resources:
- ../base
images:
- name: example/app
  newTag: v2
configMapGenerator:
- name: shared
  literals: [level=debug]
patches:
- target: {kind: Service}
  patch: |
    - {op: add, path: /metadata/annotations, value: {checked: "yes"}}
${patches.join("")}`;
}
