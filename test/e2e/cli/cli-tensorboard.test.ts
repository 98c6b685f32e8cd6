/** `trainyard tensorboard` as a process, beside a real server that trains, goes away and comes back. */
import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { BINARY, cleanEnvironment, run } from "../../cli/binary.ts";
import { readEventFile } from "../../formats/metrics/event-file.ts";
import { mustExit } from "../../leftovers.ts";
import { createDataDir, type LiveServer, startLiveServer } from "../live-server.ts";

const dataDir = await createDataDir();
const cwd = await mkdtemp(join(tmpdir(), "trainyard-cli-tensorboard-"));
let server: LiveServer;
beforeAll(async () => {
  server = await startLiveServer(dataDir.path);
});
afterAll(async () => {
  await server.stop();
  await dataDir.remove();
  await rm(cwd, { recursive: true });
});

const submit = (name: string, epochs: number, samples = 200) =>
  server.client.submit({
    name,
    data: { generator: { type: "moons", samples } },
    split: { validation: 0.25 },
    model: { layers: [{ type: "linear", units: 4 }, "tanh", "linear"] },
    epochs,
  });

/** The steps of a run, over all of its files. */
async function stepsOf(folder: string): Promise<number[]> {
  const names = (await readdir(folder)).sort();
  const files = await Promise.all(names.map(async (name) => readEventFile(await readFile(join(folder, name)))));
  return files.flat().flatMap(({ step, fileVersion }) => (fileVersion ? [] : [step]));
}

/** Starts it and collects what it prints. */
function start(...args: string[]) {
  const env = cleanEnvironment({ TRAINYARD_URL: server.url });
  const child = mustExit(spawn(process.execPath, [BINARY, "tensorboard", ...args], { env, cwd }));
  let printed = "";
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
      for (const check of waiting) check();
    });
  const ended = new Promise<unknown>((resolve) => child.once("close", (code, signal) => resolve(code ?? signal)));
  const says = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const check = () => {
        if (!pattern.test(printed)) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
      void ended.then(() => reject(new Error(`it ended before ${pattern}: ${printed}`)));
    });
  return { child, says, ended };
}

it("writes what there is, and no epoch twice when it is asked again", async () => {
  const { id } = await submit("moons", 60);
  await server.client.wait(id);
  const folder = join(cwd, "once", `moons-${id.slice(-8)}`);
  for (const said of [/moons-\w{8} {2}ended, 60 epochs written/, /^$/]) {
    const { code, stdout } = await run(["tensorboard", "once", "--all", "--once"], { env: { TRAINYARD_URL: server.url }, cwd });
    expect([code, stdout]).toEqual([0, expect.stringMatching(said)]);
  }
  const epochs = Array.from({ length: 60 }, (_, index) => index + 1);
  expect(await stepsOf(join(folder, "train"))).toEqual(epochs);
  expect(await stepsOf(join(folder, "validation"))).toEqual(epochs);
});

it("follows what runs over a restart of the server, until Ctrl-C", async () => {
  const { id } = await submit("long", 100_000_000, 20_000);
  for await (const frame of server.client.watch(id)) if (frame.type === "metrics") break;
  const follower = start("live", "--interval", "1");
  await follower.says(/long-\w{8} {2}following/);
  const { port } = new URL(server.url);
  await server.stop();
  await follower.says(/trying again until it answers/);
  server = await startLiveServer(dataDir.path, { TRAINYARD_PORT: port });
  await follower.says(/The server answers again/);
  follower.child.kill("SIGINT");
  expect(await follower.ended).toBe(0);
  await server.client.cancel(id);
  await server.client.wait(id);
  const again = await run(["tensorboard", "live", "long", "--once", "--json"], { env: { TRAINYARD_URL: server.url }, cwd });
  expect(JSON.parse(again.stdout)).toMatchObject({ type: "ended", job: id, name: "long" });
  const steps = await stepsOf(join(cwd, "live", `long-${id.slice(-8)}`, "train"));
  expect(new Set(steps).size).toBe(steps.length);
  expect(steps).toEqual(steps.toSorted((a, b) => a - b));
  expect(steps[0]).toBe(1);
});
