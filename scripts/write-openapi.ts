/** Writes openapi.yaml at the root of the repository: `npm run openapi`. A test fails when it is not what the routes say. */
import { writeFileSync } from "node:fs";
import { describeApi } from "../src/http/openapi/describe-api.ts";

writeFileSync(new URL("../openapi.yaml", import.meta.url), await describeApi());
