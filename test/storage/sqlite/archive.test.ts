/** Who restored a backup: noted with the file that was staged, so that a crash in between leaves no such entry. */
import { existsSync, readFileSync } from "node:fs";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openStore } from "../../../src/storage/open.ts";
import { openArchive } from "../../../src/storage/sqlite/archive.ts";
import { installStaged, notePath } from "../../../src/storage/sqlite/staged-restore.ts";
import { temporaryFolder } from "../../contract/databases/temporary.ts";

it("says who restored a backup once it is the database, and of none that never became it", async () => {
  const dataDir = await temporaryFolder();
  await (await openStore({ dataDir })).close();
  const database = join(dataDir, "trainyard.db");
  const archive = openArchive(dataDir);
  const entry = { subject: "a restore" } as never;
  const received = { path: join(dataDir, "trainyard.received-1.tmp"), bytes: 1, sha256: "" };
  await copyFile(database, received.path);
  await archive.stage(received, entry);
  // It is staged, and not there yet.
  expect(await archive.restoredBy()).toBeNull();
  const note = readFileSync(notePath(database));
  installStaged(database);
  expect(await archive.restoredBy()).toEqual(entry);
  await archive.noted();
  // A crash between the note and the rename: the file that the note is about is not the database.
  await writeFile(notePath(database), JSON.stringify({ ...JSON.parse(note.toString()), file: "1" }));
  expect(await archive.restoredBy()).toBeNull();
  expect(existsSync(notePath(database))).toBe(false);
});
