/** Writes docs/configuration.md: `npm run configuration`. A test fails when it is not what the code says. */
import { writeFileSync } from "node:fs";
import { describeConfiguration } from "../src/server/describe-configuration.ts";

writeFileSync(new URL("../docs/configuration.md", import.meta.url), describeConfiguration());
