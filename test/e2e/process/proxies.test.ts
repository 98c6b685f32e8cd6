/** The server below a path, behind a proxy that passes upgrades and one that does not, and behind those of docker/below-a-path. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, request as forward } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "../../../src/client/client.ts";
import { mustExit } from "../../leftovers.ts";
import { openBrowser, type TestBrowser } from "../browser.ts";
import { createDataDir, type LiveServer, startLiveServer } from "../live-server.ts";
import { ENDLESS, epochsDrawn, MOONS } from "../page/stage.ts";

const BASE = "/trainyard";

let dataDir: Awaited<ReturnType<typeof createDataDir>>;
let server: LiveServer;
let browser: TestBrowser;
beforeAll(async () => {
  dataDir = await createDataDir();
  server = await startLiveServer(dataDir.path, { TRAINYARD_BASE_PATH: BASE });
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
  await server.stop();
  await dataDir.remove();
});

/** A proxy of its own that sends every request on as it is. */
async function openProxy(passesUpgrades: boolean): Promise<{ readonly url: string; close(): void }> {
  const { hostname, port } = new URL(server.url);
  const proxy = createServer((incoming, outgoing) => {
    const { upgrade: _, connection: __, ...headers } = incoming.headers;
    const sent = forward({ hostname, port, method: incoming.method, path: incoming.url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    sent.on("error", () => outgoing.destroy());
    outgoing.on("close", () => sent.destroy());
    incoming.pipe(sent);
  });
  if (passesUpgrades) {
    proxy.on("upgrade", ({ method, url, rawHeaders }, socket) => {
      const behind = connect(Number(port), hostname);
      const lines = Array.from(
        { length: rawHeaders.length / 2 },
        (_, at) => `${rawHeaders[2 * at]}: ${rawHeaders[2 * at + 1]}`,
      );
      behind.write(`${method} ${url} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
      behind.pipe(socket).pipe(behind);
      for (const end of [behind, socket]) end.on("error", () => (end === behind ? socket : behind).destroy());
    });
  }
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    close() {
      proxy.close();
      proxy.closeAllConnections();
    },
  };
}

describe.each([
  ["passes upgrades", true],
  ["passes no upgrade", false],
])("the page below a path, behind a proxy that %s", (_, passesUpgrades) => {
  it("finds its files, follows a job, and keeps every address below the path", { timeout: 180_000 }, async () => {
    const proxy = await openProxy(passesUpgrades);
    const { id } = await server.client.submit({ ...ENDLESS, name: `endless-${passesUpgrades}` });
    try {
      const { page, faults } = await browser.open(`${proxy.url}${BASE}/jobs`);
      await page.getByRole("link", { name: `endless-${passesUpgrades}` }).click();
      await expect.poll(() => page.url()).toBe(`${proxy.url}${BASE}/jobs/${id}`);
      await page.locator(".drawn").waitFor();
      const first = await epochsDrawn(page);
      await expect.poll(async () => (await epochsDrawn(page)).total).toBeGreaterThan(first.total);
      await server.client.cancel(id);
      await page.locator('.job-title .badge[data-state="cancelled"]').waitFor();
      await page.getByRole("link", { name: "Data sets" }).first().click();
      await page.getByRole("heading", { name: "Data sets", exact: true }).waitFor();
      expect(page.url()).toBe(`${proxy.url}${BASE}/datasets`);
      await page.reload();
      await page.getByRole("heading", { name: "Data sets", exact: true }).waitFor();
      const links = await page.locator('a[href^="/"]').evaluateAll((all) => all.map((link) => link.getAttribute("href") ?? ""));
      expect(links.filter((href) => !href.startsWith(`${BASE}/`))).toEqual([]);
      // The browser itself reports a WebSocket that does not open.
      expect(faults.filter((fault) => !fault.includes("WebSocket"))).toEqual([]);
    } finally {
      // It may have ended above.
      await server.client.cancel(id).catch(() => undefined);
      proxy.close();
    }
  });
});

describe("addresses below a path", () => {
  it("are those of Location, the OpenAPI document and its page; requests without the path are taken too", async () => {
    for (const path of [BASE, ""]) {
      const answer = await fetch(`${server.url}${path}/v1/jobs`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ...MOONS, epochs: 1 }),
      });
      expect([answer.status, answer.headers.get("location")]).toEqual([
        202,
        expect.stringMatching(/^\/trainyard\/v1\/jobs\/job_/),
      ]);
    }
    const document = (await (await fetch(`${server.url}${BASE}/openapi.json`)).json()) as { servers: { url: string }[] };
    expect(document.servers.map(({ url }) => url)).toEqual([`${BASE}/`]);
    const { page } = await browser.open(`${server.url}${BASE}/docs`);
    await page.getByText("Training as a service").first().waitFor();
    expect(await page.locator("select option").first().innerText()).toContain(`${BASE}/`);
  });

  it("are those of the client", async () => {
    const client = createClient(`${server.url}${BASE}`);
    const { id } = await client.submit({ ...MOONS, epochs: 3 });
    const types: string[] = [];
    for await (const { type } of client.watch(id)) types.push(type);
    expect(types.at(-1)).toBe("end");
  });
});

/** The programs of the examples, with how each says its version and runs in the foreground with a file. */
const PROGRAMS = [
  ["nginx", "nginx.conf", ["-v"], (file: string, folder: string) => ["-p", folder, "-c", file, "-g", "daemon off;"]],
  ["caddy", "Caddyfile", ["version"], (file: string) => ["run", "--adapter", "caddyfile", "--config", file]],
  ["haproxy", "haproxy.cfg", ["-v"], (file: string) => ["-db", "-f", file]],
] as const;

async function freePort(): Promise<number> {
  const probe = createTcpServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

describe.each(PROGRAMS)("docker/below-a-path for %s", (program, example, version, argumentsFor) => {
  const isThere = spawnSync(program, [...version]).error === undefined;
  it.skipIf(!isThere)(`passes requests, uploads, events and WebSockets, where ${program} is installed`, async () => {
    const folder = await mkdtemp(join(tmpdir(), "trainyard-proxy-"));
    const port = await freePort();
    const text = (await readFile(new URL(`../../../docker/below-a-path/${example}`, import.meta.url), "utf8"))
      .replaceAll("127.0.0.1:8080", new URL(server.url).host)
      .replaceAll(/\b80\b/g, String(port));
    const file = join(folder, example);
    const whole =
      program === "nginx"
        ? `pid ${folder}/pid; error_log stderr; events {} http { access_log off; client_body_temp_path ${folder}/body; ${text} }`
        : text;
    await writeFile(file, whole);
    const env = { ...process.env, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
    const child: ChildProcess = mustExit(spawn(program, argumentsFor(file, folder), { stdio: "ignore", env }));
    try {
      const url = `http://127.0.0.1:${port}${BASE}`;
      await expect
        .poll(() =>
          fetch(`${url}/healthz`).then(
            ({ status }) => status,
            () => 0,
          ),
        )
        .toBe(200);
      expect((await fetch(url, { redirect: "manual" })).headers.get("location")).toMatch(/\/trainyard\/$/);
      const client = createClient(url);
      const table = await client.upload(`x,y\n${"1,2\n2,4\n3,6\n".repeat(20_000)}`, { name: `by-${program}`, format: "csv" });
      expect(table.rows).toBe(60_000);
      const { id } = await client.submit({ ...MOONS, epochs: 5 });
      const types: string[] = [];
      for await (const { type } of client.watch(id)) types.push(type);
      expect(types.at(-1)).toBe("end");
      const events = await fetch(`${url}/v1/jobs/${id}/events`, { headers: { accept: "text/event-stream" } });
      expect(await events.text()).toContain("event: end");
    } finally {
      child.kill();
      await once(child, "exit");
      await rm(folder, { recursive: true, force: true });
    }
  });
});
