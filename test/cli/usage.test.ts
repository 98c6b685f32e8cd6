/** What needs no server: help, versions, mistakes. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { VERSION } from "../../src/domain/version.ts";
import { run } from "./binary.ts";

const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };
/** Nothing listens here. */
const NOWHERE = { TRAINYARD_URL: "http://127.0.0.1:2" };

describe("the command line", () => {
  it("says its version, which is that of the package and of the API", async () => {
    expect(VERSION).toBe(manifest.version);
    expect(await run(["--version"])).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: "" });
  });

  it("explains itself, and how it exits", async () => {
    const { code, stdout } = await run(["--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("Exit codes:");
  });

  it("shows examples of each command", async () => {
    const { stdout } = await run(["jobs", "--help"]);
    expect(stdout).toContain("$ trainyard jobs");
  });

  it.each([[["jbs"]], [["jobs", "--limit", "many"]], [["jobs", "--state", "asleep"]], [["cancel"]]])(
    "ends with 2 when it is called like %j",
    async (args) => {
      const { code, stdout, stderr } = await run(args, { env: NOWHERE });
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/^error: /);
    },
  );

  it("ends with 2 when the address is none", async () => {
    const { code, stderr } = await run(["jobs", "--url", "localhost"], { env: NOWHERE });
    expect([code, stderr]).toEqual([2, "trainyard: localhost is not a server's address; use one like http://127.0.0.1:8080\n"]);
  });

  it("ends with 3 when no server answers, and says how to start one", async () => {
    const { code, stderr } = await run(["jobs"], { env: NOWHERE });
    expect(code).toBe(3);
    expect(stderr).toMatch(/no server answers at http:\/\/127\.0\.0\.1:2\/ \(ECONNREFUSED\)\n.*trainyard serve\n$/);
  });
});
