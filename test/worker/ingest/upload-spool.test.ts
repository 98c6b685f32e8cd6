import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { readingOptions } from "../../../src/domain/datasets/reading-options.ts";
import { parseConfig } from "../../../src/server/config.ts";
import { openUploadSpool } from "../../../src/worker/ingest/upload-spool.ts";
import { temporaryFolder } from "../../contract/databases/temporary.ts";

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

it("gives up a reader that never comes back, tells its sender why, and reads on for everybody", async () => {
  const dataDir = await temporaryFolder();
  const spool = await openUploadSpool({
    dataDir,
    limits: parseConfig({}).datasetLimits,
    readMs: 3000,
    onError: (error) => expect(error).toBeUndefined(),
    entry: new URL("../stand-in-tasks.ts", import.meta.url),
  });
  onTestFinished(() => spool.close());
  const upload = await spool.receive(once("a table that a reader loops on"));
  const task = { format: "parquet", gzip: false, options: readingOptions.parse({}) } as const;
  const attacker = spool.ofProject("prj_a");
  const hanging = Array.from({ length: 2 }, () => attacker.read(upload, task).catch((error: unknown) => error));
  for (let index = 0; index < 10; index++) {
    expect(await spool.ofProject("prj_b").digest(upload, "")).toBe("0".repeat(64));
  }
  for (const error of await Promise.all(hanging)) {
    expect(error).toMatchObject({
      code: "invalid",
      errors: [{ pointer: "", detail: expect.stringMatching(/^reading it took longer than 3\.1 s, .*TRAINYARD_READ_SECONDS/) }],
    });
  }
  await spool.discard(upload);
  expect(await readdir(join(dataDir, "uploads"))).toEqual([]);
});

it("calls the end of a reader by a stop no failure", async () => {
  const errors: unknown[] = [];
  const spool = await openUploadSpool({
    dataDir: await temporaryFolder(),
    limits: parseConfig({}).datasetLimits,
    onError: (error) => errors.push(error),
    entry: new URL("../stand-in-tasks.ts", import.meta.url),
  });
  const upload = await spool.receive(once("a table that a reader loops on"));
  await spool.digest(upload, "");
  const task = { format: "parquet", gzip: false, options: readingOptions.parse({}) } as const;
  const stopped = { code: "unavailable", message: "the server is stopping: send the request again" };
  const reading = Array.from({ length: 4 }, () => expect(spool.read(upload, task)).rejects.toMatchObject(stopped));
  await spool.close();
  await Promise.all(reading);
  await expect(spool.digest(upload, "")).rejects.toMatchObject(stopped);
  expect(errors).toEqual([]);
});

it("lets one project not fill the disk with uploads at once, and releases what is discarded", async () => {
  const spool = await openUploadSpool({
    dataDir: await temporaryFolder(),
    limits: { ...parseConfig({}).datasetLimits, bytes: 10 },
    onError: (error) => expect(error).toBeUndefined(),
    entry: new URL("../stand-in-tasks.ts", import.meta.url),
  });
  onTestFinished(() => spool.close());
  const greedy = spool.ofProject("greedy");
  const uploads = await Promise.all(Array.from({ length: 4 }, () => greedy.receive(once("0123456789"))));
  await expect(greedy.receive(once("0"))).rejects.toMatchObject({
    code: "rate_limited",
    message: expect.stringMatching(/^greedy has uploads of 40 bytes .*TRAINYARD_MAX_DATASET_BYTES/),
  });
  expect(await spool.ofProject("modest").receive(once("0123456789"))).toMatchObject({ bytes: 10 });
  // The refused one counts no more, and one that is too large neither.
  await expect(greedy.receive(once("0123456789a"))).rejects.toMatchObject({ code: "too_large" });
  for (const upload of uploads) await greedy.discard(upload);
  for (let count = 0; count < 4; count++) expect(await greedy.receive(once("0123456789"))).toMatchObject({ bytes: 10 });
});

it("counts an upload no more that cannot be deleted, or whose sender left", async () => {
  const spool = await openUploadSpool({
    dataDir: await temporaryFolder(),
    limits: { ...parseConfig({}).datasetLimits, bytes: 10 },
    onError: (error) => expect(error).toBeUndefined(),
    entry: new URL("../stand-in-tasks.ts", import.meta.url),
  });
  onTestFinished(() => spool.close());
  const sender = spool.ofProject("unlucky");
  async function* leaving(): AsyncGenerator<Uint8Array> {
    yield* once("012345678");
    throw new Error("the sender left");
  }
  for (let count = 0; count < 10; count++) {
    await expect(sender.receive(leaving())).rejects.toThrow("the sender left");
    const upload = await sender.receive(once("0123456789"));
    await rm(upload.path);
    await mkdir(upload.path);
    await expect(sender.discard(upload)).rejects.toThrow();
  }
});
