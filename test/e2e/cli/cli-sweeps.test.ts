/** Sweeps and folds on the command line: live at 80 columns, in pipes, and every change of a sweep. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Page, Sweep, SweepSpec } from "../../../src/client/index.ts";
import { run } from "../../cli/binary.ts";
import { hasTerminals, startInTerminal } from "../../cli/pseudo-terminal.ts";
import { type BorrowedServer, borrowServer } from "../borrowed-server.ts";

const IRIS = fileURLToPath(new URL("../../fixtures/datasets/iris.csv", import.meta.url));
const ESCAPE = "\u001b";
const ESCAPES = new RegExp(`${ESCAPE}\\[[0-9;?]*[A-Za-z]`, "g");
const CTRL_C = "\u0003";

const JOB = {
  name: "moons-found",
  data: { generator: { type: "moons", samples: 60, noise: 0.1, seed: 7 } },
  split: { validation: 0.25 },
  model: { layers: [{ type: "linear", units: 4 }, { type: "tanh" }, { type: "linear" }] },
  epochs: 20,
} satisfies SweepSpec["job"];
const LAYERS = {
  small: JOB.model.layers,
  "an-alternative-with-a-long-name": [{ type: "linear", units: 8 }, { type: "relu" }, { type: "linear" }],
};
const SWEEP = {
  name: "moons-search",
  job: JOB,
  parameters: {
    "/optimizer/lr": { min: 0.001, max: 0.3, scale: "log" },
    "/optimizer/weight_decay": { min: 0, max: 0.1 },
    "/model/layers": { choices: LAYERS },
    "/model/layers/0/units": { values: [2, 4, 8] },
    "/seed": { min: 0, max: 9, integer: true },
  },
  method: { type: "random" },
  trials: 30,
};

const cwd = await mkdtemp(join(tmpdir(), "trainyard-cli-"));
let server: BorrowedServer;
let env: { TRAINYARD_URL: string };
const trainyard = (...args: string[]) => run(args, { env, cwd });

/** Writes a spec to a file, and returns its name. */
async function fileOf(spec: { readonly name: string }): Promise<string> {
  await writeFile(join(cwd, `${spec.name}.json`), JSON.stringify(spec));
  return `${spec.name}.json`;
}

beforeAll(async () => {
  server = await borrowServer();
  env = { TRAINYARD_URL: server.url };
});
afterAll(async () => {
  await server.giveBack();
  await rm(cwd, { recursive: true });
});

describe("a sweep in a pipe", () => {
  it("is ten plain lines, its best trials, what mattered by a measure with a name, and the model", async () => {
    const { code, stdout, stderr } = await trainyard("sweep", await fileOf(SWEEP));
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).not.toContain(ESCAPE);
    const [sweep] = (await server.client.sweeps({ name: "moons-search" })).data as [Sweep];
    const { number, value } = sweep.progress.best ?? { number: -1, value: Number.NaN };
    expect(stdout).toContain("moons-search  30/30 trials");
    const best = value.toPrecision(4);
    expect(stdout).toMatch(
      new RegExp(`^ {2}trial +val_loss +lr +weight_decay +layers +layers 0 units +seed\\n {2}${number} +${best} `, "m"),
    );
    expect(stdout).toMatch(/^ {2}parameter +importance +PED-ANOVA$/m);
    expect(stdout).toContain("moons-found@1");
  });

  it("is a line of JSON for each frame, and the sweep with its importance at the end", async () => {
    const { stdout } = await trainyard("sweep", await fileOf({ ...SWEEP, name: "as-json" }), "--json");
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string; seq: number });
    expect(lines.slice(0, -2).map(({ seq }) => seq)).toEqual(lines.slice(0, -2).map((_, index) => index + 1));
    expect(lines.slice(-2)).toMatchObject([
      { type: "end", state: "succeeded" },
      { type: "sweep", sweep: { name: "as-json" }, importance: { measure: "PED-ANOVA" } },
    ]);
  });

  it("of folds is the mean and the spread of one network, and the value of each fold", async () => {
    const args = ["train", "--data", IRIS, "--target", "species", "--hidden", "4", "--epochs", "20", "--folds", "5"];
    const { code, stdout } = await trainyard(...args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}val_loss {2}\d\S* ± \d\S* {2}mean and standard deviation of 5 folds$/m);
    expect(stdout).toMatch(/^ {2}fold {2}val_loss\n( {2}[1-5] +\d\S*\n){5}/m);
    expect(stdout).toContain("iris@1");
  });

  it("ends with 4 when it was cancelled, and with 1 when the server refuses it, at its place", async () => {
    const endless = { ...SWEEP, name: "endless", job: { ...JOB, epochs: 100_000_000 } };
    const submitted = await trainyard("sweep", await fileOf(endless), "--no-watch");
    expect(submitted.stdout).toMatch(/^swp_\S+ {2}endless {2}queued\nWatch it with: trainyard sweeps watch swp_\S+\n$/);
    const watching = trainyard("sweeps", "watch", "endless");
    const [{ id }] = (await server.client.sweeps({ name: "endless" })).data as [Sweep];
    expect((await trainyard("sweeps", "pause", id)).stdout).toBe(`${id}  endless  paused\n`);
    expect((await trainyard("sweeps", "resume", id)).stdout).toBe(`${id}  endless  queued\n`);
    const tagged = await trainyard("sweeps", "tag", "endless", "team=a", "--note", "For June.");
    expect(tagged.stdout).toBe(`${id}  endless\ntags  team=a\nnote  For June.\n`);
    expect((await trainyard("sweeps", "show", id)).stdout).toContain("note  For June.");
    expect((await trainyard("sweeps", "tag", id, "team=", "--note", "")).stdout).toBe(`${id}  endless\n`);
    expect((await trainyard("sweeps", "tag", id)).code).toBe(2);
    expect((await trainyard("sweeps", "rm", id)).code).toBe(1);
    expect((await trainyard("sweeps", "cancel", "endless")).stdout).toBe(`${id}  endless  cancelled\n`);
    expect(await watching).toMatchObject({ code: 4, stdout: expect.stringContaining("cancelled: cancel was requested") });
    expect((await trainyard("sweeps", "rm", "endless")).stdout).toBe(`Deleted endless (${id}).\n`);
    expect(await trainyard("sweeps", "show", "endless")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("trainyard sweeps"),
    });
    const wrong = { ...SWEEP, name: "wrong", parameters: { "/optimiser/lr": { values: [1] } } };
    const refused = await trainyard("sweep", await fileOf(wrong));
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("/parameters/~1optimiser~1lr")]);
  });

  it("makes a job of a trial", async () => {
    const { stdout } = await trainyard("sweeps", "promote", "moons-search", "3", "--json");
    const job = await server.client.wait((JSON.parse(stdout) as { id: string }).id);
    const [{ id }] = (await server.client.sweeps({ name: "moons-search" })).data as [Sweep];
    expect(job.model?.sha256).toBe((await server.client.trial(id, 3)).sha256);
    const { data } = JSON.parse((await trainyard("sweeps", "--json", "--limit", "1")).stdout) as Page<Sweep>;
    expect(data).toHaveLength(1);
  });
});

describe.runIf(hasTerminals)("a sweep in a terminal of 80 columns, where node-pty has binaries", () => {
  /** The lines that were shown, whether drawn over or not. */
  const linesOf = (text: string) => text.replaceAll(ESCAPES, "").split(/\r?\n|\r/);

  it("shows the best so far, trials a second and the time left, and no line is cut or wraps", async () => {
    // Long enough that some seconds are left when the first trials are done, on any machine.
    const long = { ...SWEEP, name: "a-name-of-24-characters.", job: { ...JOB, epochs: 200_000 }, trials: 60 };
    const sweeping = startInTerminal(["sweep", await fileOf(long)], { env, cwd, columns: 80 });
    await sweeping.until(/ left/);
    sweeping.type(CTRL_C);
    expect(await sweeping.ended).toBe(130);
    await server.client.cancelSweep(((await server.client.sweeps({ name: long.name })).data[0] as Sweep).id);
    const short = startInTerminal(["sweep", await fileOf({ ...SWEEP, name: "short-enough" })], { env, cwd, columns: 80 });
    expect(await short.ended).toBe(0);
    // A terminal shows the key itself before the line that it interrupts.
    const lines = linesOf(`${sweeping.text().replaceAll("^C", "")}\n${short.text()}`);
    // Sentences wrap; what is drawn does not.
    const drawn = lines.filter((line) => !line.startsWith("Detached;"));
    for (const line of drawn) expect([line, line.trimEnd().length <= 80]).toEqual([line, true]);
    // On a slow machine a trial takes more than a second, of which no rate is shown.
    const figures = /^ {2}a-name-of-24-characters\. {2}.*\d+\/60 trials {2}best \d\S* {2}(.*\d trials\/s {2})?\d.* left$/;
    expect(lines.map((line) => line.trimEnd())).toContainEqual(expect.stringMatching(figures));
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}trial +val_loss +lr +weight_de/));
  });

  it("is listed and shown within its width, and goes on when the reader leaves", async () => {
    const shown = async (...args: string[]) => {
      const listing = startInTerminal(args, { env, cwd, columns: 80 });
      expect(await listing.ended).toBe(0);
      const lines = linesOf(listing.text());
      for (const line of lines) expect([line, line.trimEnd().length <= 80]).toEqual([line, true]);
      return lines;
    };
    expect((await shown("sweeps", "--limit", "1")).join()).toContain("There are more: trainyard sweeps --limit 2");
    expect((await shown("sweeps", "show", "moons-search")).join("\n")).toMatch(/moons-search {2}succeeded, 30\/30 trials/);
    const endless = { ...SWEEP, name: "left-alone", job: { ...JOB, epochs: 100_000_000 } };
    const sweeping = startInTerminal(["sweep", await fileOf(endless)], { env, cwd, columns: 80 });
    await sweeping.until(/left-alone.*0\/30 trials/);
    sweeping.type(CTRL_C);
    expect(await sweeping.ended).toBe(130);
    const [{ id, state }] = (await server.client.sweeps({ name: "left-alone" })).data as [Sweep];
    expect(sweeping.text()).toContain(`trainyard sweeps watch ${id}`);
    expect(state).toBe("running");
    await server.client.cancelSweep(id);
  });
});
