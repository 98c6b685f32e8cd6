import { checkpointContract } from "../contract/checkpoints.ts";
import { lineContract } from "../contract/line.ts";
import { openEmptyPostgres } from "../contract/postgres.ts";
import { projectContract } from "../contract/projects.ts";
import { sharesContract } from "../contract/shares.ts";
import { storeContract } from "../contract/store.ts";

storeContract("PostgreSQL", openEmptyPostgres);
checkpointContract("PostgreSQL", openEmptyPostgres);
lineContract("PostgreSQL", openEmptyPostgres);
sharesContract("PostgreSQL", openEmptyPostgres);
projectContract("PostgreSQL", openEmptyPostgres);
