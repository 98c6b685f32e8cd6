import { spawn } from "node:child_process";
import { expect, it } from "vitest";
import { beginFile, endLeftovers, mustEnd, mustExit } from "./leftovers.ts";

const WAITS = ["-e", "setInterval(() => undefined, 1000)"];

it("ends what a file has left running, groups of processes too, and names it", async () => {
  const alone = mustExit(spawn(process.execPath, WAITS));
  const leader = mustExit(spawn(process.execPath, WAITS, { detached: true }), "SIGTERM");
  const over = mustExit(spawn(process.execPath, ["-e", ""]));
  await new Promise((resolve) => over.once("exit", resolve));
  mustEnd("what is over", () => Promise.reject(new Error("it is over")))();
  const named = [alone, leader].map(({ pid }) => expect.stringContaining(`process ${pid}: `));
  expect(await endLeftovers()).toEqual(named);
  expect([alone.signalCode, leader.signalCode]).toEqual(["SIGKILL", "SIGTERM"]);
  expect(await endLeftovers()).toEqual([]);
  beginFile();
});

it("ends at once what is started when the file is over, by a hook that was given up", async () => {
  await endLeftovers();
  const late = mustExit(spawn(process.execPath, WAITS));
  await new Promise((resolve) => late.once("exit", resolve));
  expect(late.signalCode).toBe("SIGKILL");
  beginFile();
});
