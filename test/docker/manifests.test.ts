/** What is said of containers in YAML: it parses, and names what there is. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { SERVER_FLAGS } from "../../src/cli/server-process.ts";
import { parseConfig } from "../../src/server/config.ts";

const DOCKER = join(import.meta.dirname, "../../docker");
const FILES = readdirSync(DOCKER, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".yaml"));

interface Environment {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: object;
}
interface Manifest {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly name?: string };
  // biome-ignore lint/suspicious/noExplicitAny: a manifest has any shape; each test says what it looks for
  readonly spec?: any;
  // biome-ignore lint/suspicious/noExplicitAny: so has a compose file
  readonly services?: Record<string, any>;
  readonly secrets?: Record<string, object>;
}

const documentsOf = (path: string): Manifest[] =>
  parseAllDocuments(readFileSync(join(DOCKER, path), "utf8"), { merge: true }).map((document) => {
    if ("errors" in document && document.errors.length > 0) throw document.errors[0];
    return (document as { toJS(): Manifest }).toJS();
  });
const manifests = FILES.filter((path) => path.startsWith("kubernetes")).flatMap(documentsOf);
const ofKind = (kind: string) => manifests.filter((manifest) => manifest.kind === kind);

/** Values that stand in for what comes from secrets. */
const SECRETS: Record<string, string> = {
  TRAINYARD_DATABASE_URL: "postgres://a:b@c/d",
  TRAINYARD_ADMIN_KEY: `ty_${"a".repeat(64)}`,
  TRAINYARD_NODE_NAME: "node",
};

describe("the files for containers", () => {
  it.each(FILES)("%s parses", (path) => {
    expect(documentsOf(path).every((document) => typeof document === "object" && document !== null)).toBe(true);
  });

  it.each(["docker/Dockerfile", "docker/compose.cluster.yaml", "package.json"])(
    "%s starts the server with the flags that the command line starts it with",
    (path) => {
      const words = readFileSync(join(DOCKER, "..", path), "utf8").replaceAll(/[",]+/g, "");
      expect(words).toContain(`node ${SERVER_FLAGS.join(" ")} build/server/main.js`);
    },
  );

  it("let in all that the image is built of", () => {
    const lines = (path: string) => readFileSync(join(DOCKER, "..", path), "utf8").split("\n");
    const allowed = lines(".dockerignore").flatMap((line) => (line.startsWith("!") ? [line.slice(1)] : []));
    const copied = lines("docker/Dockerfile")
      .flatMap((line) => (/^COPY (?!--from)/.test(line) ? line.split(/\s+/).slice(1, -1) : []))
      .map((path) => path.split("/")[0]);
    expect(new Set(allowed)).toEqual(new Set(copied));
  });

  it("set what the configuration takes", () => {
    for (const { spec } of ofKind("Deployment")) {
      const variables = spec.template.spec.containers[0].env as Environment[];
      const environment = Object.fromEntries(variables.map(({ name, value }) => [name, value ?? SECRETS[name]]));
      const config = parseConfig(environment);
      expect(config.role).toBe(spec.template.metadata.labels.role);
      expect(config.drainMs / 1000).toBeLessThan(spec.template.spec.terminationGracePeriodSeconds);
    }
    const { services = {}, secrets = {} } = documentsOf("compose.cluster.yaml")[0] ?? {};
    for (const role of ["serve", "work"]) {
      expect(parseConfig({ ...services[role]?.environment, ...SECRETS }).role).toBe(role);
      expect(services[role]).toMatchObject({ deploy: { replicas: 2 }, healthcheck: { test: expect.any(Array) } });
    }
    const used = Object.values(services).flatMap((service) => service.secrets ?? []);
    expect(new Set(used)).toEqual(new Set(Object.keys(secrets)));
  });

  it("scale, and keep up, what is deployed", () => {
    const names = ofKind("Deployment").map(({ metadata }) => metadata?.name);
    const scaled = ofKind("HorizontalPodAutoscaler").map(({ spec }) => spec.scaleTargetRef.name);
    expect(scaled.toSorted()).toEqual(names.toSorted());
    const labels = ofKind("Deployment").map(({ spec }) => spec.template.metadata.labels);
    for (const { spec } of [...ofKind("PodDisruptionBudget"), ...ofKind("Deployment")]) {
      expect(labels).toContainEqual(spec.selector.matchLabels);
    }
    expect(ofKind("PodDisruptionBudget")).toHaveLength(2);
  });

  it("send readers to nginx, and nginx to the processes that serve", () => {
    const conf = readFileSync(join(DOCKER, "nginx/trainyard.conf"), "utf8");
    expect(conf).toMatch(/server serve:8080 resolve/);
    expect(conf).toMatch(/proxy_set_header Upgrade/);
  });
});
