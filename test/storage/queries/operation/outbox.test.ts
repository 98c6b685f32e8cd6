import { openStore } from "../../../../src/storage/open.ts";
import { outboxContract } from "../../../contract/outbox.ts";
import { temporaryFolder } from "../../../contract/temporary.ts";

outboxContract("SQLite", async () => openStore({ dataDir: await temporaryFolder() }));
