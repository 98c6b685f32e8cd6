/** openapi.yaml as a linter and a reader see it. Without network: no telemetry, no question for updates. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const REDOCLY = fileURLToPath(import.meta.resolve("@redocly/cli/bin/cli.js"));
/** What a person or a program reads as text; files are bytes. */
const TEXTS = ["application/json", "text/csv", "application/x-ndjson", "multipart/form-data", "text/plain"];

interface Media {
  schema?: { $ref?: string; examples?: unknown[]; oneOf?: object[] };
  example?: unknown;
  examples?: unknown;
}
interface Operation {
  summary?: string;
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { content?: Record<string, Media> }>;
}

const document = parse(readFileSync(`${ROOT}/openapi.yaml`, "utf8")) as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, { examples?: unknown[] }> };
};

function hasExample({ schema = {}, example, examples }: Media): boolean {
  const component = schema.$ref ? document.components.schemas[schema.$ref.split("/").at(-1) as string] : undefined;
  return [example, examples, schema.examples, component?.examples].some((found) => found !== undefined);
}

describe("openapi.yaml", () => {
  it("passes Redocly's recommended rules without an error or a warning", () => {
    const environment = { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };
    const args = [REDOCLY, "lint", "openapi.yaml", "--format=json", "--max-problems=100"];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, env: environment, encoding: "utf8" });
    expect(stdout, stderr).toMatch(/^\{/);
    const { problems } = JSON.parse(stdout) as { problems: { ruleId: string; message: string; ignored?: boolean }[] };
    const found = problems.filter(({ ignored }) => !ignored).map(({ ruleId, message }) => `${ruleId}: ${message}`);
    expect(found).toEqual([]);
  });

  it("has an example of everything that goes in and comes out as text, errors included", () => {
    const without = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { requestBody, responses }]) => {
        const contents = [requestBody?.content ?? {}, ...Object.values(responses).map(({ content }) => content ?? {})];
        const media = contents.flatMap((content) => Object.entries(content));
        const lacking = media.filter(([type, each]) => (TEXTS.includes(type) || type.includes("problem")) && !hasExample(each));
        return lacking.map(([type]) => `${method} ${path}: ${type}`);
      }),
    );
    expect(without).toEqual([]);
  });
});
