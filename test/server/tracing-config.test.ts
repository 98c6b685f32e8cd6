import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/server/config.ts";

const HERE = "http://localhost:4318";
const tracingOf = (environment: Record<string, string>) => parseConfig(environment).tracing;

describe("the settings of OpenTelemetry", () => {
  it("trace nothing without an endpoint, whatever the others are", () => {
    expect(tracingOf({})).toBeNull();
    expect(tracingOf({ OTEL_TRACES_SAMPLER: "jaeger_remote", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" })).toBeNull();
    expect(tracingOf({ OTEL_EXPORTER_OTLP_ENDPOINT: HERE, OTEL_SDK_DISABLED: "True" })).toBeNull();
    expect(tracingOf({ OTEL_EXPORTER_OTLP_ENDPOINT: HERE, OTEL_TRACES_EXPORTER: "none" })).toBeNull();
  });

  it.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: HERE }, `${HERE}/v1/traces`],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: `${HERE}/below/` }, `${HERE}/below/v1/traces`],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${HERE}/as-it-is` }, `${HERE}/as-it-is`],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://elsewhere", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${HERE}/x` }, `${HERE}/x`],
  ])("%o sends spans to %s", (environment, url) => {
    expect(tracingOf(environment)).toMatchObject({ url, sampler: null, perSecond: 100 });
  });

  it("read lists with percent-encoded values, the more specific ones first", () => {
    const tracing = tracingOf({
      OTEL_EXPORTER_OTLP_ENDPOINT: HERE,
      OTEL_EXPORTER_OTLP_HEADERS: "api-key=a%20b, x=1=2",
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: "x=3",
      OTEL_RESOURCE_ATTRIBUTES: "service.name=theirs,zone=%C3%A9",
      OTEL_SERVICE_NAME: "mine",
      OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
      OTEL_TRACES_SAMPLER_ARG: "0.1",
    });
    expect(tracing).toMatchObject({
      headers: { "api-key": "a b", x: "3" },
      resource: { "service.name": "theirs", zone: "é" },
      serviceName: "mine",
      sampler: "parentbased_traceidratio",
      ratio: 0.1,
    });
  });

  it.each([
    ["OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "http/json"],
    ["OTEL_TRACES_SAMPLER", "jaeger_remote", "must be one of"],
    ["OTEL_TRACES_SAMPLER_ARG", "1.5", "0 to 1"],
    ["TRAINYARD_TRACES_PER_SECOND", "0", "at least 1"],
    ["TRAINYARD_TRACES_PER_SECOND", "many", "a whole number"],
    ["OTEL_RESOURCE_ATTRIBUTES", "a=%", "pairs"],
    ["OTEL_RESOURCE_ATTRIBUTES", "no value", "pairs"],
    ["OTEL_RESOURCE_ATTRIBUTES", `${"a=b,".repeat(65)}`, "64"],
    ["OTEL_TRACES_EXPORTER", "zipkin", "otlp or none"],
  ])("%s=%s is refused in one line with the cure", (name, value, cure) => {
    expect(() => tracingOf({ OTEL_EXPORTER_OTLP_ENDPOINT: HERE, [name]: value })).toThrow(cure);
    expect(() => tracingOf({ OTEL_EXPORTER_OTLP_ENDPOINT: HERE, [name]: value })).toThrow(`${name}=`);
  });

  it("limit requests a second only where no sampler is named", () => {
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: HERE };
    expect(tracingOf({ ...endpoint, TRAINYARD_TRACES_PER_SECOND: "7" })).toMatchObject({ sampler: null, perSecond: 7 });
    expect(tracingOf({ ...endpoint, OTEL_TRACES_SAMPLER: "always_on" })).toMatchObject({ sampler: "always_on" });
    const both = { ...endpoint, TRAINYARD_TRACES_PER_SECOND: "7", OTEL_TRACES_SAMPLER: "always_on" };
    expect(() => tracingOf(both)).toThrow("TRAINYARD_TRACES_PER_SECOND=7: OTEL_TRACES_SAMPLER says what is recorded");
  });

  it("are not shown where they may hold a secret", () => {
    const wrong = { OTEL_EXPORTER_OTLP_ENDPOINT: HERE, OTEL_EXPORTER_OTLP_HEADERS: "hush" };
    expect(() => tracingOf(wrong)).toThrow(/^OTEL_EXPORTER_OTLP_HEADERS=\.\.\.: must be/);
    expect(() => tracingOf({ OTEL_EXPORTER_OTLP_ENDPOINT: "ftp://me:hush@x" })).toThrow(/ENDPOINT=\.\.\.: must be/);
  });
});
