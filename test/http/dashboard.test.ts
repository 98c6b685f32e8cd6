import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStagedApp, type StagedApp } from "./staged-app.ts";

const DOCUMENT = "<!doctype html><html><title>Trainyard</title><script src=/assets/index-AbCd_123.js></script>";
const SCRIPT = "globalThis.started = true;";
const browser = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

let directory: string;
let staged: StagedApp;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "trainyard-page-"));
  await mkdir(join(directory, "assets"));
  await writeFile(join(directory, "index.html"), DOCUMENT);
  await writeFile(join(directory, "theme.js"), "void 0;");
  await writeFile(join(directory, "secret.txt"), "secret");
  await writeFile(join(directory, "assets/index-AbCd_123.js"), SCRIPT);
  await writeFile(join(directory, "assets/index-AbCd_123.js.gz"), gzipSync(SCRIPT));
  staged = await openStagedApp({ dashboardDirectory: directory });
});
afterAll(async () => {
  await staged.close();
  await rm(directory, { recursive: true });
});

describe("the page", () => {
  it("is at the root, under a policy that allows nothing inline and nothing from elsewhere", async () => {
    const response = await staged.app.inject("/");
    expect(response.statusCode).toBe(200);
    expect(response.body).toBe(DOCUMENT);
    expect(response.headers["cache-control"]).toBe("no-cache");
    const policy = String(response.headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
  });

  it("is what a browser gets at every address outside the API", async () => {
    for (const url of ["/jobs", "/jobs/job_1?tab=events", "/models/moons@production", "/versions"]) {
      const response = await staged.app.inject({ url, headers: browser });
      expect([url, response.statusCode, response.body]).toEqual([url, 200, DOCUMENT]);
    }
  });

  it("is not what a program gets, nor an answer to anything of the API", async () => {
    const problems = [
      await staged.app.inject("/jobs"),
      await staged.app.inject({ method: "POST", url: "/jobs", headers: browser }),
      await staged.app.inject({ url: "/v1/nothing", headers: browser }),
      await staged.app.inject({ url: "/assets/none-12345678.js", headers: browser }),
    ];
    for (const { statusCode, json } of problems) expect([statusCode, json().code]).toEqual([404, "not_found"]);
    const foreign = await staged.app.inject({ url: "/v2/nothing", headers: browser });
    expect([foreign.statusCode, foreign.json()]).toEqual([404, { error: expect.stringContaining("/v2/nothing") }]);
    expect((await staged.app.inject({ method: "POST", url: "/", headers: browser })).statusCode).toBe(405);
  });

  it("has files that are kept forever, in the form that the reader takes", async () => {
    const url = "/assets/index-AbCd_123.js";
    const plain = await staged.app.inject({ url, headers: { "accept-encoding": "identity" } });
    expect([plain.body, plain.headers["content-encoding"]]).toEqual([SCRIPT, undefined]);
    const packed = await staged.app.inject({ url, headers: { "accept-encoding": "gzip" } });
    expect(packed.headers["content-encoding"]).toBe("gzip");
    expect(packed.rawPayload).toEqual(gzipSync(SCRIPT));
    for (const { headers } of [plain, packed]) {
      expect(headers["cache-control"]).toBe("public, max-age=31536000, immutable");
      expect(headers["content-type"]).toMatch(/javascript/);
      expect(headers.vary).toBe("accept-encoding");
    }
    const again = await staged.app.inject({
      url: "/",
      headers: { "if-none-match": String((await staged.app.inject("/")).headers.etag) },
    });
    expect(again.statusCode).toBe(304);
  });

  it("is another document below each path of a proxy, for caches too", async () => {
    for (const [prefix, start] of [
      ["", "<html>"],
      ["/ml", '<html data-base="/ml">'],
    ] as const) {
      const { body, headers } = await staged.app.inject({
        url: "/jobs",
        headers: { ...browser, "x-forwarded-prefix": prefix },
      });
      expect([body.includes(start), headers.vary]).toEqual([true, "accept-encoding, x-forwarded-prefix"]);
    }
  });

  it("shows nothing else that lies there", async () => {
    expect((await staged.app.inject("/theme.js")).headers["cache-control"]).toBe("no-cache");
    expect((await staged.app.inject("/secret.txt")).statusCode).toBe(404);
    expect((await staged.app.inject("/assets/..%2fsecret.txt")).statusCode).toBe(403);
  });
});

describe("a server without a page", () => {
  it("says how it is built", async () => {
    const bare = await openStagedApp();
    for (const url of ["/", "/jobs"]) {
      const response = await bare.app.inject({ url, headers: browser });
      expect([response.statusCode, response.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
      expect(response.body).toContain("npm run build");
    }
    await bare.close();
  });
});
