import { openEmptyPostgres } from "../contract/postgres.ts";
import { storeContract } from "../contract/store.ts";

storeContract("PostgreSQL", openEmptyPostgres);
