/** The command line in pipes: what scripts read and what they are told by exit codes. */
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Frame, Job, Model, Page } from "../../../src/client/index.ts";
import { BINARY, cleanEnvironment, run } from "../../cli/binary.ts";
import { epochsOf, range } from "../../http/streaming/readers.ts";
import { type BorrowedServer, borrowServer } from "../borrowed-server.ts";
import { createDataDir, startLiveServer } from "../live-server.ts";

const IRIS = fileURLToPath(new URL("../../fixtures/datasets/iris.csv", import.meta.url));

const cwd = await mkdtemp(join(tmpdir(), "trainyard-cli-"));
let server: BorrowedServer;
let env: { TRAINYARD_URL: string };
const trainyard = (...args: string[]) => run(args, { env, cwd });
const json = async <T>(...args: string[]) => JSON.parse((await trainyard(...args, "--json")).stdout) as T;

beforeAll(async () => {
  server = await borrowServer();
  env = { TRAINYARD_URL: server.url };
  const { code, stderr } = await trainyard("train", IRIS, "--target", "species", "--epochs", "50", "--watch");
  expect([code, stderr]).toEqual([0, expect.stringContaining("iris: 150 rows, 5 columns")]);
});
afterAll(async () => {
  await server.giveBack();
  await rm(cwd, { recursive: true });
});

describe("train", () => {
  it("prints plain lines where nothing can be redrawn, then what the model came to", async () => {
    const { code, stdout } = await trainyard(
      "train",
      "-d",
      IRIS,
      "-t",
      "species",
      "-n",
      "plain",
      "-e",
      "50",
      "--hidden",
      "0",
      "-w",
    );
    expect(code).toBe(0);
    expect(stdout).not.toContain("\u001b");
    expect(stdout).toMatch(/plain {2}epoch 50\/50 {2}loss \d/);
    expect(stdout).toMatch(
      /\d+\.\d % \(\d+\.\d to \d+\.\d\) on \d+ rows it was not trained on \(always \w+: 33\.3 %, a straight line: \d+\.\d %\)/,
    );
    expect(stdout).toMatch(/ +model +always \w+ +straight line\n {2}accuracy .*\n/);
    expect(stdout).toContain("plain@1");
    expect(stdout).toContain("trainyard predict plain rows.csv");
    const model = await json<Page<Model>>("models", "plain");
    expect(model.data[0]?.layers).toHaveLength(1);
  });

  it("returns at once unless it is told to watch, with the job and how to watch it", async () => {
    const { code, stdout } = await trainyard(
      "train",
      "--data",
      IRIS,
      "--target",
      "species",
      "--name",
      "quick",
      "--epochs",
      "5",
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^job_\S+ {2}quick {2}queued\nWatch it with: trainyard watch job_\S+\n$/);
  });

  it("takes a spec from a file or from stdin, and options go before what it says", async () => {
    const spec = {
      name: "from-a-file",
      data: { generator: { type: "moons", samples: 50 } },
      model: { layers: [{ type: "linear" }] },
      epochs: 7,
    };
    await writeFile(join(cwd, "spec.json"), JSON.stringify(spec));
    expect(await json<Job>("train", "spec.json", "--epochs", "3")).toMatchObject({ name: "from-a-file", spec: { epochs: 3 } });
    const piped = await run(["train", "-", "--name", "piped", "--json"], { env, cwd, input: JSON.stringify(spec) });
    expect(JSON.parse(piped.stdout)).toMatchObject({ name: "piped", spec: { epochs: 7 } });
  });

  it("as JSON prints a frame a line, every epoch once, then the finished job", async () => {
    const { stdout } = await trainyard("train", "-d", IRIS, "-t", "species", "-n", "frames", "-e", "50", "-w", "--json");
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Frame | { type: "job"; job: Job });
    const frames = lines.filter((line) => line.type !== "job");
    expect(epochsOf(frames)).toEqual(range(1, 50));
    expect(frames.at(-1)).toMatchObject({ type: "end", state: "succeeded" });
    expect(lines.at(-1)).toMatchObject({ type: "job", job: { name: "frames", state: "succeeded" } });
  });

  it("names every field that is wrong by its pointer, and ends with 1", async () => {
    const spec = { data: { generator: { type: "moons" } }, model: { layers: [{ type: "linear", unit: 3 }] }, epochs: 0 };
    const { code, stdout, stderr } = await run(["train", "-"], { env, cwd, input: JSON.stringify(spec) });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^trainyard: Unprocessable Entity \(422\)\n/);
    expect(stderr).toContain("\n  /model/layers/0/unit: is not a field here: did you mean units?\n");
    expect(stderr).toContain("\n  /epochs: ");
  });

  it.each([
    [["train"], 2, "nothing to train"],
    [["train", "--data", IRIS], 2, "--target"],
    [["train", IRIS], 2, `${IRIS} needs --target, the column to predict`],
    [["train", "rows.json", "--target", "y"], 1, "rows.json: no such file"],
    [["train", IRIS, "species"], 2, "See trainyard train --help."],
    [["datasets", "add", IRIS, "species"], 2, "See trainyard datasets add --help."],
    [["train", "nowhere.json"], 1, "nowhere.json: no such file"],
    [["train", "."], 1, ". is a folder, not a spec"],
    [["schedules", "create", "nowhere.json"], 1, "nowhere.json: no such file"],
    [["restore", "nowhere.db"], 1, "nowhere.db: no such file"],
    [["train", "--data", "nowhere.csv", "--target", "y"], 1, "nowhere.csv: no such file"],
    [["train", "--data", BINARY, "--target", "y"], 2, "the file's name does not show its format"],
    [
      ["train", "--data", IRIS, "--target", "y", "--hidden", "some"],
      2,
      "--hidden must be whole numbers separated by commas, not some",
    ],
  ])("%j ends with %i", async (args, code, words) => {
    const ended = await trainyard(...args);
    expect([ended.code, ended.stdout]).toEqual([code, ""]);
    expect(ended.stderr).toContain(words);
  });
});

describe("train on a data set that is there", () => {
  it("takes its name or the end of its id, and says what is held out and when to stop", async () => {
    const { data } = await server.client.datasets();
    const [iris] = data.filter(({ name }) => name === "iris");
    const options = ["--hidden", "4", "--epochs", "6", "--validation", "0.3", "--test", "0.1", "--early-stopping", "2"];
    for (const reference of ["iris", iris?.id.slice(-8) as string]) {
      const trained = await trainyard("train", "--data", reference, "--target", "species", "--name", "stored", ...options);
      expect([trained.code, trained.stderr]).toEqual([0, expect.not.stringContaining("trainyard:")]);
    }
    expect(await json<Page<Job>>("jobs", "--name", "stored")).toMatchObject({
      data: Array.from({ length: 2 }, () => ({
        spec: {
          data: { dataset: { id: iris?.id } },
          split: { validation: 0.3, test: 0.1 },
          early_stopping: { patience: 2 },
        },
      })),
    });
    const more = ["--name", "stored", "--epochs", "3", "--early-stopping", "off"];
    const off = await trainyard("train", "--data", "iris", "--target", "species", ...more);
    expect(off.code).toBe(0);
    expect((await json<Page<Job>>("jobs")).data[0]).toMatchObject({ spec: { early_stopping: null } });
    const missing = await trainyard("train", "--data", "irises", "--target", "species");
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining("no data set is named irises")]);
  });
});

describe("jobs", () => {
  it("lists them, newest first, as a table and as the API's page", async () => {
    const { stdout } = await trainyard("jobs", "--name", "iris");
    expect(stdout).toMatch(
      /^job +id +state.*\niris +job_\S+ +succeeded +50\/50 +accuracy \d+\.\d % \(\d+\.\d to \d+\.\d, held out; always \w+: 33\.3 %\)/,
    );
    expect(await json<Page<Job>>("jobs", "--name", "iris")).toMatchObject({ data: [{ name: "iris" }], has_more: false });
  });

  it("are cancelled by id or name; watching one that was cancelled ends with 4", async () => {
    const { id } = await server.client.submit({
      name: "to-cancel",
      data: { generator: { type: "moons", samples: 200 } },
      model: { layers: [{ type: "linear" }] },
      epochs: 100_000_000,
    });
    const { code, stdout } = await trainyard("cancel", "to-cancel");
    expect([code, stdout]).toEqual([0, expect.stringContaining(id)]);
    const watched = await trainyard("watch", id);
    expect([watched.code, watched.stdout]).toEqual([4, expect.stringContaining("cancelled")]);
    const again = await trainyard("cancel", id);
    expect([again.code, again.stderr]).toEqual([
      1,
      expect.stringMatching(/^trainyard: Conflict \(409\)\n {2}the job is cancelled/),
    ]);
  });
});

describe("data sets", () => {
  it("are added, listed, shown and deleted", async () => {
    const table = "when,where,degrees\n2026-01-01,north,-3\n2026-01-02,south,11\n";
    const added = await run(["datasets", "add", "-", "--name", "weather"], { env, cwd, input: table });
    expect([added.code, added.stdout]).toEqual([0, expect.stringContaining("weather  2 rows, 3 columns, csv")]);
    expect((await trainyard("datasets", "list")).stdout).toMatch(/^data set .*\nweather +ds_\S+ +csv +2 +3/);
    expect((await trainyard("datasets", "show", "weather")).stdout).toMatch(/where +category +0 +2 +north \(1\), south \(1\)/);
    expect((await trainyard("datasets", "rm", "weather")).stdout).toContain("deleted");
    expect((await trainyard("datasets", "show", "weather")).code).toBe(1);
  });
});

describe("models", () => {
  it("are listed by name and version", async () => {
    expect((await trainyard("models")).stdout).toMatch(/iris@1 +mdl_\S+ +accuracy .* 131 /);
  });

  it("predict rows of a file or of stdin, which come back with further columns", async () => {
    const header = "sepal_length,sepal_width,petal_length,petal_width\n";
    await writeFile(join(cwd, "flowers.csv"), `${header}5.1,3.5,1.4,0.2\n6.3,3.3,6.0,2.5\n`);
    const { code, stdout } = await trainyard("predict", "iris", "flowers.csv", "--top", "1");
    expect(code).toBe(0);
    expect(stdout.split("\r\n").map((line) => line.split(",")[4])).toEqual(["prediction_1", "setosa", "virginica", undefined]);
    const piped = await run(["predict", "iris", "-", "--format", "ndjson"], { env, cwd, input: "[5.1, 3.5, 1.4, 0.2]\n" });
    expect(JSON.parse(piped.stdout)).toMatchObject({ label: "setosa" });
    const explained = await trainyard("predict", "iris", "flowers.csv", "--explain", "--background", "20");
    const [names = []] = explained.stdout.split("\r\n").map((line) => line.split(","));
    expect(names.slice(-5)).toEqual([
      "base",
      ...header
        .trim()
        .split(",")
        .map((name) => `contribution_${name}`),
    ]);
    expect(await trainyard("predict", "iris", "flowers.csv", "--background", "20")).toMatchObject({ code: 2 });
  });

  it("say at which line a batch broke off, and leave no half file behind", async () => {
    const input = `${"[5.1, 3.5, 1.4, 0.2]\n".repeat(20_000)}[1]\n`;
    const { code, stderr } = await run(["predict", "iris", "-", "--format", "ndjson", "-o", "half"], { env, cwd, input });
    expect([code, stderr]).toEqual([1, expect.stringContaining("line 20001: has 1 values; the model takes 4")]);
    await expect(readFile(join(cwd, "half"))).rejects.toThrow("ENOENT");
  });

  it.each([
    ["safetensors", "iris-1.safetensors", (file: Buffer) => file.subarray(8, 9).toString() === "{"],
    ["onnx", "iris-1.onnx", (file: Buffer) => file.includes("onnx") || file.includes("trainyard")],
    ["tensorboard", "events.out.tfevents.iris-1", (file: Buffer) => file.includes("brain.Event:2")],
  ])("are exported as %s", async (format, name, isRight) => {
    const { code, stdout } = await trainyard("export", "iris", "--format", format);
    expect([code, stdout]).toEqual([0, expect.stringContaining(name)]);
    expect(isRight(await readFile(join(cwd, name)))).toBe(true);
  });

  it("that are not there end with 1 and the problem, which is JSON when that was wanted", async () => {
    const { code, stderr } = await trainyard("predict", "nobody", IRIS);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^trainyard: Not Found \(404\)\n {2}there is no model nobody/)]);
    const asJson = await trainyard("predict", "nobody", IRIS, "--json");
    expect(JSON.parse(asJson.stderr)).toMatchObject({ status: 404, code: "not_found" });
  });
});

describe("keys", () => {
  it("close a server, are shown by TRAINYARD_KEY, listed without their secret, and revoked", async () => {
    const own = await createDataDir();
    const closed = await startLiveServer(own.path);
    const at = { TRAINYARD_URL: closed.url };
    const made = await run(["keys", "create", "me", "--scopes", "read,submit,predict,admin"], { env: at });
    expect([made.code, made.stdout]).toEqual([0, expect.stringMatching(/^ty_\S+\n$/)]);
    const refused = await run(["jobs"], { env: at });
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("Unauthorized (401)")]);
    const mine = { ...at, TRAINYARD_KEY: made.stdout.trim() };
    const { stdout: key } = await run(["keys", "create", "reader", "--scopes", "read", "--days", "1"], { env: mine });
    const reader = { ...at, TRAINYARD_KEY: key.trim() };
    expect((await run(["jobs"], { env: reader })).stdout).toBe("No jobs.\n");
    const { stdout } = await run(["keys", "list"], { env: mine });
    expect(stdout).toMatch(/key_\S+ +reader +default +ty_\S+\.\.\. +read .* valid until /);
    expect(stdout).not.toContain(key.trim());
    const id = /key_\S+/.exec(stdout)?.[0] as string;
    expect((await run(["keys", "revoke", id], { env: mine })).stdout).toBe(`${id}  revoked\n`);
    expect((await run(["jobs"], { env: reader })).code).toBe(1);
    await closed.stop();
    await own.remove();
  });

  it("are followed over WebSockets too", async () => {
    const own = await createDataDir();
    const key = `ty_${"k".repeat(43)}`;
    const closed = await startLiveServer(own.path, { TRAINYARD_ADMIN_KEY: key });
    const env = { TRAINYARD_URL: closed.url, TRAINYARD_KEY: key };
    const args = ["train", "--data", IRIS, "--target", "species", "--epochs", "5", "--watch"];
    const { code, stdout } = await run(args, { env });
    expect([code, stdout]).toEqual([0, expect.stringContaining("iris@1")]);
    await closed.stop();
    await own.remove();
  });
});

describe("the binary", () => {
  it("ends quietly when its reader goes away", () => {
    const command = `"${process.execPath}" "${BINARY}" jobs --json | head -n 1; exit \${PIPESTATUS[0]}`;
    const { status, stderr } = spawnSync("bash", ["-c", command], { env: cleanEnvironment(env), encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
  });
});
