#!/bin/bash
# A savepoint of SQLite that changes more than 64 KiB writes a temporary file outside the database's folder, in WAL mode too.
#
# Versions   better-sqlite3 13.2.0 (SQLite 3.54.1), on Node 24 and Linux; seen on 2026-11-29
# Guess      In WAL mode a change is written to the log beside the database, and to nothing else: a process needs one folder that it can write to.
# Behaviour  A transaction alone does that. Inside a savepoint, pages are kept as they were, so that they can be taken back: in memory up to 64
#            KiB, then in a file without a name in SQLITE_TMPDIR, TMPDIR, /var/tmp or /tmp, which takes as many bytes as the pages do.
# What to do `PRAGMA temp_store = memory` where savepoints are used, or no savepoint around a single change.
# Source     The output below; https://www.sqlite.org/tempfiles.html has the folders, and SQLITE_STMTJRNL_SPILL in compile.html the 64 KiB.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund better-sqlite3@13.2.0 >/dev/null
cat >try.mjs <<'JS'
import Database from "better-sqlite3";
import { readdirSync, readlinkSync } from "node:fs";

/** Files of this process that have no name any more. */
const nameless = () =>
  readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.endsWith(" (deleted)") ? [path] : [];
    } catch {
      return [];
    }
  }).length;

for (const [around, temporaries] of [["transaction", "default"], ["savepoint", "default"], ["savepoint", "memory"]]) {
  const db = new Database(`${around}-${temporaries}.db`);
  db.pragma("journal_mode = wal");
  db.pragma(`temp_store = ${temporaries}`);
  db.exec("create table rows (id integer primary key, value blob)");
  const insert = db.prepare("insert into rows (value) values (?)");
  for (let row = 0; row < 200; row++) insert.run(Buffer.alloc(4000, row));
  const before = nameless();
  db.exec(around === "savepoint" ? "begin; savepoint one" : "begin");
  const update = db.prepare("update rows set value = ? where id = ?");
  for (let row = 1; row <= 200; row++) update.run(Buffer.alloc(4000, 255 - row), row);
  console.log(`${around}, temp_store ${temporaries}: ${nameless() - before} temporary files`);
  db.exec("commit");
}
JS
seen=$(node try.mjs)
expected='transaction, temp_store default: 0 temporary files
savepoint, temp_store default: 1 temporary files
savepoint, temp_store memory: 0 temporary files'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
