import { openStore } from "../../../../src/storage/open.ts";
import { temporaryFolder } from "../../../contract/databases/temporary.ts";
import { outboxContract } from "../../../contract/outbox.ts";

outboxContract("SQLite", async () => openStore({ dataDir: await temporaryFolder() }));
