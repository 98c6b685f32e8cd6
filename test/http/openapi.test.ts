import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { jobSpec } from "../../src/domain/spec.ts";
import {
  jobAnswer,
  metricsAnswer,
  modelAnswer,
  predictBody,
  predictionsAnswer,
  streamFrame,
  validationAnswer,
} from "../../src/http/answers.ts";
import { describeApi } from "../../src/http/describe-api.ts";

interface Operation {
  operationId: string;
  summary: string;
  description: string;
  tags: string[];
  responses: Record<string, { description: string; content?: Record<string, { schema: unknown }> }>;
}

const text = await describeApi();
const document = parse(text) as {
  paths: Record<string, Record<string, Operation>>;
  tags: { name: string }[];
  components: { schemas: Record<string, unknown> };
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
);

describe("openapi.yaml", () => {
  it("is what the routes say: run `npm run openapi` when this fails", () => {
    expect(readFileSync(new URL("../../openapi.yaml", import.meta.url), "utf8")).toBe(text);
  });

  it("has every route that the sources register and do not hide", () => {
    const described = operations.map(({ name }) => name.replaceAll(/\{(\w+)\}/g, ":$1"));
    expect(described.sort()).toEqual(registeredRoutes().sort());
  });

  it.each(operations)("$name says what it is, and what can go wrong", ({ operation }) => {
    expect(operation.summary).toBeTruthy();
    expect(operation.description).toBeTruthy();
    expect(document.tags.map(({ name }) => name)).toContain(operation.tags[0]);
    expect(Object.keys(operation.responses)).toContain("500");
    for (const [status, { description, content }] of Object.entries(operation.responses)) {
      expect(description).toBeTruthy();
      if (Number(status) < 400) continue;
      expect(content).toEqual({ "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } });
    }
  });

  it("names every operation once", () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("refers to nothing that is not there, and keeps nothing that nobody refers to", () => {
    const used = new Set([...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name));
    expect([...used].sort()).toEqual(Object.keys(document.components.schemas).sort());
  });

  it("shows examples of what goes in and what comes back", () => {
    for (const name of ["JobSpec", "Instances", "Job", "Metrics", "Model", "Predictions", "Problem", "Frame", "Validation"]) {
      expect(document.components.schemas[name], name).toHaveProperty("examples");
    }
  });

  it("shows examples that its own schemas accept, as they are", () => {
    const schemas = [jobAnswer, metricsAnswer, modelAnswer, predictBody, predictionsAnswer, streamFrame, validationAnswer];
    for (const schema of schemas) {
      for (const example of (schema.meta()?.examples ?? []) as unknown[]) expect(schema.parse(example)).toEqual(example);
    }
    for (const example of (jobSpec.meta()?.examples ?? []) as unknown[]) expect(jobSpec.safeParse(example).success).toBe(true);
  });
});

/** Method and path of every route in src/http/routes, those with `hide: true` left out. */
function registeredRoutes(): string[] {
  const folder = new URL("../../src/http/routes/", import.meta.url);
  const sources = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), "utf8"));
  return sources.flatMap((source) => [
    ...[...source.matchAll(/\bapp\.(get|post|put|patch|delete)\(\s*"([^"]+)",(?!\s*\{ schema: \{ hide: true)/g)].map(
      ([, method = "", path]) => `${method.toUpperCase()} ${path}`,
    ),
    ...[...source.matchAll(/\bapp\.route\(\{\s*method: "(\w+)",\s*url: "([^"]+)"/g)].map(
      ([, method, path]) => `${method} ${path}`,
    ),
  ]);
}
