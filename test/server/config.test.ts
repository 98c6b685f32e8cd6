import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ConfigError, parseConfig, settingSchemas } from "../../src/server/config.ts";
import { describeConfiguration } from "../../src/server/describe-configuration.ts";

describe("the configuration", () => {
  it("has a default for everything", () => {
    const config = parseConfig({});
    expect(config).toMatchObject({ host: "127.0.0.1", port: 8080, dataDir: "./data", logLevel: "info" });
    expect(config.workers).toBeGreaterThanOrEqual(1);
    expect(config.limits.bodyBytes).toBe(64 * 1024 * 1024);
  });

  it("takes what the environment says, and the default for what is empty", () => {
    const config = parseConfig({
      TRAINYARD_HOST: "0.0.0.0",
      TRAINYARD_PORT: "0",
      TRAINYARD_DATA_DIR: "",
      TRAINYARD_WORKERS: "3",
      TRAINYARD_LOG_LEVEL: "debug",
      TRAINYARD_MAX_BODY_BYTES: "2048",
      HOME: "/root",
    });
    expect(config).toMatchObject({ host: "0.0.0.0", port: 0, dataDir: "./data", workers: 3, logLevel: "debug" });
    expect(config.limits.bodyBytes).toBe(2048);
  });

  it.each([
    ["TRAINYARD_PORT", "http"],
    ["TRAINYARD_PORT", "65536"],
    ["TRAINYARD_PORT", "80.5"],
    ["TRAINYARD_PORT", "0x50"],
    ["TRAINYARD_PORT", " "],
    ["TRAINYARD_WORKERS", "0"],
    ["TRAINYARD_LOG_LEVEL", "loud"],
    ["TRAINYARD_MAX_ROWS", "-1"],
  ])("says in one line what is wrong with %s=%s", (name, value) => {
    let message = "";
    try {
      parseConfig({ [name]: value });
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      message = (error as Error).message;
    }
    expect(message).toContain(`${name}=${value}: `);
    expect(message).not.toContain("\n");
  });

  it("cannot be changed once it is read", () => {
    const config = parseConfig({});
    expect(Object.isFrozen(config) && Object.isFrozen(config.limits)).toBe(true);
  });

  it("is described as it is: docs/configuration.md is what `npm run configuration` writes", () => {
    const document = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8");
    expect(document).toBe(describeConfiguration());
    const rows = [...document.matchAll(/^\| `((?:TRAINYARD|OTEL)_\w+)` \| ([^|]*?) \|/gm)];
    expect(rows.map(([, name]) => name).sort()).toEqual(Object.keys(settingSchemas).sort());
    for (const [, name = "", shown = ""] of rows) {
      const [value = ""] = shown.split(" (");
      // A default that depends on the machine is said in words.
      if (/^(\d[\d.]*|true|false|\.\/\w+)$/.test(value)) expect(parseConfig({ [name]: value }), name).toEqual(parseConfig({}));
    }
  });
});
