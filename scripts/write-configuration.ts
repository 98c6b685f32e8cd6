/** Writes docs/configuration.md: `npm run configuration`. A test fails if it does not match the code. */
import { writeFileSync } from "node:fs";
import { describeConfiguration } from "../src/server/describe-configuration.ts";

writeFileSync(new URL("../docs/configuration.md", import.meta.url), describeConfiguration());
