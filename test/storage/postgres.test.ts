import { openEmptyPostgres } from "../contract/postgres.ts";
import { projectContract } from "../contract/projects.ts";
import { storeContract } from "../contract/store.ts";

storeContract("PostgreSQL", openEmptyPostgres);
projectContract("PostgreSQL", openEmptyPostgres);
