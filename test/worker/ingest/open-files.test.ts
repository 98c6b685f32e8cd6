import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createOpenFiles } from "../../../src/worker/ingest/open-files.ts";
import { temporaryFolder } from "../../contract/databases/temporary.ts";

/** How many files of a folder this process has open. */
async function openIn(folder: string): Promise<number> {
  const links = await Promise.all(
    (await readdir("/proc/self/fd")).map((number) => readlink(`/proc/self/fd/${number}`).catch(() => "")),
  );
  return links.filter((path) => path.startsWith(folder)).length;
}

it("are few, however many senders write slowly or at once, and each file is whole", async () => {
  const folder = await temporaryFolder();
  const files = createOpenFiles(3, 2);
  const paths = Array.from({ length: 40 }, (_, at) => join(folder, String(at)));
  const sinks = await Promise.all(paths.map((path) => files.create(path)));
  expect(await openIn(folder)).toBe(3);
  let most = 0;
  for (let chunk = 0; chunk < 3; chunk++) {
    const written = Promise.all(sinks.map((sink, at) => sink.append(Buffer.from(`${at}:${chunk};`))));
    const watched = openIn(folder).then((open) => {
      most = Math.max(most, open);
    });
    await Promise.all([written, watched]);
  }
  expect(most).toBeLessThanOrEqual(5);
  expect(await openIn(folder)).toBe(3);
  for (const sink of sinks) await sink[Symbol.asyncDispose]();
  expect(await openIn(folder)).toBe(0);
  for (const [at, path] of paths.entries()) expect(await readFile(path, "utf8")).toBe(`${at}:0;${at}:1;${at}:2;`);
  // Those that ended give their places to others.
  await using _ = await files.create(join(folder, "next"));
  expect(await openIn(folder)).toBe(1);
});

it("fail where the file cannot be opened, and let the next one go on", async () => {
  const folder = await temporaryFolder();
  const files = createOpenFiles(0, 1);
  const failing = Promise.allSettled(Array.from({ length: 5 }, () => files.create(join(folder, "none", "x"))));
  expect((await failing).every(({ status }) => status === "rejected")).toBe(true);
  const sink = await files.create(join(folder, "x"));
  await expect(files.create(join(folder, "x"))).rejects.toMatchObject({ code: "EEXIST" });
  await sink.append(Buffer.from("1"));
  expect(await readFile(join(folder, "x"), "utf8")).toBe("1");
});
