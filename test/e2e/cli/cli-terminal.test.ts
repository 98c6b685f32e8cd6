/** The command line as a person meets it: in a terminal, with a bar that moves, and Ctrl-C. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../../src/cli/server-process.ts";
import type { JobSpec } from "../../../src/client/index.ts";
import { run } from "../../cli/binary.ts";
import { hasTerminals, startInTerminal } from "../../cli/pseudo-terminal.ts";
import { type BorrowedServer, borrowServer } from "../borrowed-server.ts";
import { createDataDir, startLiveServer } from "../live-server.ts";

const IRIS = fileURLToPath(new URL("../../fixtures/datasets/iris.csv", import.meta.url));
const CTRL_C = "\u0003";
const ESCAPE = "\u001b";

const ENDLESS: JobSpec = {
  name: "endless",
  data: { generator: { type: "moons", samples: 200 } },
  model: { layers: [{ type: "linear", units: 4 }, { type: "relu" }, { type: "linear" }] },
  epochs: 100_000_000,
};

let server: BorrowedServer;
let env: { TRAINYARD_URL: string };
beforeAll(async () => {
  server = await borrowServer();
  env = { TRAINYARD_URL: server.url };
});
afterAll(async () => {
  await server.giveBack();
});

describe.runIf(hasTerminals)("in a terminal, where node-pty has binaries", () => {
  it("a job that trains is a bar with loss, speed and time left, drawn over itself", async () => {
    const job = await server.client.submit({ ...ENDLESS, name: "bar" });
    const watching = startInTerminal(["watch", "bar"], { env, columns: 160 });
    await watching.until(
      /─.*epoch +\d+\/100000000 +loss \d.*accuracy \d+\.\d % .*\d+ (?:min|h) \d+ (?:s|min) left +[\d,]+ epochs\/s/,
    );
    await watching.until(new RegExp(`${ESCAPE}\\[1A`));
    await server.client.cancel(job.id);
    expect(await watching.ended).toBe(4);
    expect(watching.text()).toContain("cancelled");
    // The cursor is there again.
    expect(watching.text()).toContain(`${ESCAPE}[?25h`);
  });

  it("no line is longer than the terminal is wide, so that each can be drawn over", async () => {
    const job = await server.client.submit({ ...ENDLESS, name: "a job whose name takes its time" });
    const watching = startInTerminal(["watch", job.id], { env, columns: 50 });
    await watching.until(/epoch/);
    await server.client.cancel(job.id);
    await watching.ended;
    const escapes = new RegExp(`${ESCAPE}\\[[0-9;?]*[A-Za-z]`, "g");
    const drawn = watching
      .text()
      .split("\r\n")
      .filter((line) => line.includes("epoch"));
    expect(drawn.length).toBeGreaterThan(0);
    for (const line of drawn) expect(line.replaceAll(escapes, "").length).toBeLessThanOrEqual(50);
  });

  it("lists fit 80 columns, begin with names, and give ids that are taken back", async () => {
    const name = "a-name-of-a-job-that-is-longer-than-most";
    await server.client.submit({ ...ENDLESS, name: "short", epochs: 1 });
    const job = await server.client.submit({ ...ENDLESS, name });
    await server.client.upload(await readFile(IRIS), { name: `${name}-with-its-data`, format: "csv" });
    const escapes = new RegExp(`${ESCAPE}\\[[0-9;?]*[A-Za-z]`, "g");
    const shown = async (...args: string[]) => {
      const listing = startInTerminal(args, { env, columns: 80 });
      expect(await listing.ended).toBe(0);
      const lines = listing.text().replaceAll(escapes, "").trimEnd().split("\r\n");
      for (const line of lines) expect([line, line.length <= 80]).toEqual([line, true]);
      return lines;
    };
    const [, first] = await shown("jobs");
    expect(first?.startsWith(name.slice(0, 10))).toBe(true);
    expect((await shown("jobs", "--limit", "1")).at(-1)).toBe("There are more: trainyard jobs --limit 2");
    await shown("models");
    await shown("datasets", "list");
    await shown("datasets", "show", `${name}-with-its-data`);
    const end = job.id.slice(-8);
    expect(first).toContain(end);
    expect((await shown("cancel", end)).join()).toContain("cancelled");
  });

  it("Ctrl-C leaves the job alone, and says how to come back", async () => {
    const job = await server.client.submit(ENDLESS);
    const watching = startInTerminal(["watch", "endless"], { env });
    await watching.until(/epoch/);
    watching.type(CTRL_C);
    expect(await watching.ended).toBe(130);
    expect(watching.text()).toContain(`trainyard watch ${job.id}`);
    expect((await server.client.job(job.id)).state).toBe("running");
    await server.client.cancel(job.id);
    await server.client.wait(job.id);
  });

  it("errors are red", async () => {
    const asking = startInTerminal(["watch", "nothing-of-this-name"], { env });
    expect(await asking.ended).toBe(1);
    expect(asking.text()).toContain(`${ESCAPE}[31mtrainyard:${ESCAPE}[0m no job is named`);
  });
});

describe.runIf(hasTerminals)("without a server, where node-pty has binaries", () => {
  it("one command trains, says what the model is worth and where it is, and leaves no process behind", async () => {
    const cwd = await mkdtemp(join(tmpdir(), "trainyard-cli-"));
    // README.md has the whole search.
    const args = ["train", "--data", IRIS, "--target", "species", "--trials", "3"];
    const training = startInTerminal(args, { cwd, env: await nobody() });
    expect(await training.ended).toBe(0);
    expect(training.text()).toMatch(/No server answers at http:\/\/127\.0\.0\.1:\d+; starting one for this command/);
    expect(training.text()).toMatch(/accuracy +\d+\.\d % +\d+\.\d %/);
    expect(training.text()).toContain("iris@1");
    // A later server shows what was made: the data directory is free.
    const later = await startLiveServer(join(cwd, "data"));
    expect(await readdir(cwd)).toEqual(["data"]);
    expect((await later.client.model("iris")).classes).toEqual(["setosa", "versicolor", "virginica"]);
    await later.stop();
    await rm(cwd, { recursive: true });
  });

  it("Ctrl-C stops it with its server, and a later server goes on with the job", async () => {
    const cwd = await mkdtemp(join(tmpdir(), "trainyard-cli-"));
    const args = ["train", "--data", IRIS, "--target", "species", "--epochs", "100000000"];
    const training = startInTerminal(args, { cwd, env: await nobody() });
    await training.until(/epoch +\d+\/100000000 +loss/);
    training.type(CTRL_C);
    expect(await training.ended).toBe(130);
    expect(training.text()).toContain("resumes with: trainyard serve");
    const later = await startLiveServer(join(cwd, "data"));
    const { data } = await later.client.jobs();
    expect(data.map(({ name }) => name)).toEqual(["iris"]);
    expect(["queued", "running"]).toContain(data[0]?.state);
    await later.stop();
    await rm(cwd, { recursive: true });
  });
});

/** An environment in which the usual address is one where nobody answers. */
async function nobody(): Promise<Record<string, string>> {
  return { TRAINYARD_PORT: String(await freePort("127.0.0.1", 21_000)) };
}

describe("serve", () => {
  it("is the server: it answers, and a signal drains it", async () => {
    const own = await createDataDir();
    const port = await freePort("127.0.0.1", 22_000);
    const settings = { TRAINYARD_DATA_DIR: own.path, TRAINYARD_URL: `http://127.0.0.1:${port}` };
    const serving = hasTerminals && startInTerminal(["serve", "--port", String(port)], { env: settings });
    if (serving) {
      await serving.until(/"msg":"ready"/);
      expect((await run(["jobs"], { env: settings })).stdout).toBe("No jobs.\n");
      serving.type(CTRL_C);
      expect(await serving.ended).toBe(0);
      expect(serving.text()).toContain('"msg":"stopped"');
    }
    const refused = await run(["serve", "--port", "eighty"], { env: settings });
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("TRAINYARD_PORT=eighty")]);
    await own.remove();
  });
});
