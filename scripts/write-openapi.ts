/** Writes openapi.yaml at the root of the repository: `npm run openapi`. A test fails if it does not match the routes. */
import { writeFileSync } from "node:fs";
import { describeApi } from "../src/http/openapi/describe-api.ts";

writeFileSync(new URL("../openapi.yaml", import.meta.url), await describeApi());
