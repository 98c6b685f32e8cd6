import { subscribe } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import type { FastifyInstance } from "fastify";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { predictBody } from "../../../src/domain/models/prediction.ts";
import { jobSpec } from "../../../src/domain/spec/spec.ts";
import { accessOfOperation } from "../../../src/http/auth/access.ts";
import { describeApi } from "../../../src/http/openapi/describe-api.ts";
import {
  jobAnswer,
  metricsAnswer,
  modelAnswer,
  predictionsAnswer,
  streamFrame,
  validationAnswer,
} from "../../../src/http/openapi/response-schemas.ts";

interface Operation {
  operationId: string;
  summary: string;
  description: string;
  tags: string[];
  parameters?: { name: string }[];
  responses: Record<string, { description: string; content?: Record<string, { schema: unknown; example?: unknown }> }>;
}

/** Method and path, as the document writes it, of every route that the server registers and does not hide. */
const registered = new Set<string>();
subscribe("fastify.initialization", (message) => {
  const { fastify } = message as { fastify: FastifyInstance };
  fastify.addHook("onRoute", ({ method, url, schema }) => {
    if (schema === undefined || ("hide" in schema && schema.hide) || url.startsWith("/docs")) return;
    const path = url
      .split("::")
      .map((part) => part.replaceAll(/:(\w+)(\([^)]*\))?/g, "{$1}"))
      .join(":");
    for (const each of [method].flat()) if (each !== "HEAD") registered.add(`${each} ${path}`);
  });
});

const text = await describeApi();
const document = parse(text) as {
  paths: Record<string, Record<string, Operation>>;
  tags: { name: string }[];
  components: { schemas: Record<string, unknown> };
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
);

const PROBLEM = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };
/** Other servers' protocols have errors of their own. */
const FOREIGN_ERROR = { "application/json": { schema: { $ref: "#/components/schemas/DialectError" } } };

describe("openapi.yaml", () => {
  it("is what the routes say: run `npm run openapi` when this fails", () => {
    expect(readFileSync(new URL("../../../openapi.yaml", import.meta.url), "utf8")).toBe(text);
  });

  it("lets every answer of CSV that has texts be written for spreadsheets", () => {
    const ofCsv = operations.filter(({ operation }) => operation.responses["200"]?.content?.["text/csv"]);
    const without = ofCsv.filter(({ operation }) => !operation.parameters?.some(({ name }) => name === "spreadsheet"));
    expect(ofCsv.map(({ operation }) => operation.operationId)).toContain("predict");
    // Its cells are numbers, and the names of series are ours.
    expect(without.map(({ operation }) => operation.operationId)).toEqual(["readMetrics"]);
  });

  it("keeps answers under an idempotency key for no operation that changes nothing", () => {
    const takers = operations.filter(({ operation }) => operation.parameters?.some(({ name }) => name === "idempotency-key"));
    const scopes = takers.map(({ operation }) => accessOfOperation(operation.operationId)?.scope);
    expect(new Set(scopes)).toEqual(new Set(["submit", "admin"]));
  });

  it("has every route that is registered and not hidden", () => {
    expect(operations.map(({ name }) => name).sort()).toEqual([...registered].sort());
  });

  it.each(operations)("$name says what it is, and what can go wrong", ({ operation }) => {
    expect(operation.summary).toBeTruthy();
    expect(operation.description).toBeTruthy();
    expect(document.tags.map(({ name }) => name)).toContain(operation.tags[0]);
    expect(Object.keys(operation.responses)).toContain("500");
    for (const [status, { description, content }] of Object.entries(operation.responses)) {
      expect(description).toBeTruthy();
      const schemas = Object.entries(content ?? {}).map(([type, { schema }]) => [type, { schema }]);
      if (Number(status) >= 400) expect([PROBLEM, FOREIGN_ERROR]).toContainEqual(Object.fromEntries(schemas));
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

  describe("as generators of clients read it", () => {
    /** Every object in a value, through references. */
    function* nodesIn(value: unknown, seen = new Set<unknown>()): Generator<Record<string, unknown>> {
      if (typeof value !== "object" || value === null || seen.has(value)) return;
      seen.add(value);
      if (!Array.isArray(value)) yield value as Record<string, unknown>;
      const { $ref: ref } = value as { $ref?: unknown };
      if (typeof ref === "string") yield* nodesIn(document.components.schemas[ref.split("/").at(-1) as string], seen);
      for (const inner of Object.values(value)) yield* nodesIn(inner, seen);
    }

    it("asks for no field that has a default: some make a field with one required", () => {
      for (const { name, operation } of operations)
        for (const { type, properties } of nodesIn((operation as { requestBody?: unknown }).requestBody))
          if (type === "object")
            for (const [field, property] of Object.entries((properties ?? {}) as Record<string, object>))
              expect(property, `${name}: ${field}`).not.toHaveProperty("default");
      expect(text).toContain("Default: `[0.9,0.999]`.");
    });

    it("says of what every array is, and has no items that are false", () => {
      for (const { type, items, prefixItems } of nodesIn(document))
        if (type === "array") expect([typeof items, prefixItems]).toEqual(["object", undefined]);
    });

    it("has one type for what a submission answers, whatever its status", () => {
      for (const path of ["/v1/jobs", "/v1/sweeps"]) {
        const responses = (document.paths[path] as Record<string, Operation>).post?.responses ?? {};
        expect(responses["202"]?.content, path).toBeDefined();
        expect(responses["200"]?.content).toEqual(responses["202"]?.content);
      }
    });

    it("lets a server without keys be asked without one", () => {
      for (const { name, operation } of operations) {
        const { security } = operation as { security?: object[] };
        if (security && security.length > 0) expect(security, name).toContainEqual({});
      }
    });
  });
});
