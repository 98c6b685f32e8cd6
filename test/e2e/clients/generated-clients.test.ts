/**
 * Clients that others' generators make of openapi.yaml: three of them, pinned in test/fixtures/generators, are installed into a folder of
 * their own, since they work with TypeScript 5 alone and bring a hundred megabytes. Skipped where no registry can be reached.
 */
import { execFile } from "node:child_process";
import { copyFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { temporaryFolder } from "../../contract/databases/temporary.ts";
import { type BorrowedServer, borrowServer } from "../borrowed-server.ts";
import { INSTALL_MS, installPinned } from "./installed-packages.ts";

const ROOT = join(import.meta.dirname, "../../..");
const run = promisify(execFile);

/** A job that says nothing of what has a default. */
const BODY = `{
    data: { inline: { features: [[0], [1], [2]], targets: [1, 3, 5] } },
    model: { layers: [{ type: "linear" }] },
    optimizer: { type: "adam", lr: 0.1 },
  }`;

/** There is no such optimiser: that the compiler says so shows that types are held to. */
const WRONG = `
  // @ts-expect-error
  optimizer: { type: "adamant", lr: 0.1 }`;

/** The scripts, which ask the server at an address. */
const scriptsFor = (url: string) => ({
  "with-openapi-typescript.ts": `
import createClient from "openapi-fetch";
import type { paths } from "./openapi-typescript/api";

const trainyard = createClient<paths>({ baseUrl: "${url}" });
const { data: job, error } = await trainyard.POST("/v1/jobs", { body: ${BODY} });
if (!job) throw new Error(error.detail);
if (!("id" in job)) throw new Error("that was a dry run");
const { data: read } = await trainyard.GET("/v1/jobs/{id}", { params: { path: { id: job.id } } });
console.log(read?.id === job.id, read?.state);
export const refused = () => trainyard.POST("/v1/jobs", { body: { ...${BODY}, ${WRONG} } });
`,
  "with-hey-api.ts": `
import { readJob, submitJob } from "./hey-api";

const baseUrl = "${url}";
const { data: job, error } = await submitJob({ baseUrl, body: ${BODY} });
if (!job) throw new Error(error.detail);
if (!("id" in job)) throw new Error("that was a dry run");
const { data: read } = await readJob({ baseUrl, path: { id: job.id } });
console.log(read?.id === job.id, read?.state);
export const refused = () => submitJob({ baseUrl, body: { ...${BODY}, ${WRONG} } });
`,
  "with-orval.ts": `
import axios from "axios";
import { readJob, submitJob } from "./orval/api";

axios.defaults.baseURL = "${url}";
const { data: job } = await submitJob(${BODY});
if (!("id" in job)) throw new Error("that was a dry run");
const { data: read } = await readJob(job.id);
console.log(read.id === job.id, read.state);
export const refused = () => submitJob({ ...${BODY}, ${WRONG} });
`,
});

const CONFIG = 'export default { trainyard: { input: "./openapi.yaml", output: "./orval/api.ts" } };\n';
/** Those of projects that a bundler builds, which is what generated code is written for. */
const COMPILER = {
  compilerOptions: {
    ...{ strict: true, noEmit: true, skipLibCheck: true, target: "es2022", module: "esnext", moduleResolution: "bundler" },
    types: [],
  },
};

let server: BorrowedServer;
beforeAll(async () => {
  server = await borrowServer();
});
afterAll(async () => {
  await server?.giveBack();
});

/** What a script prints once a bundler has made one file of it and of the generated client. */
async function printed(folder: string, script: string): Promise<string> {
  const outfile = join(folder, script.replace(/\.ts$/, ".bundle.mjs"));
  await build({ entryPoints: [join(folder, script)], outfile, bundle: true, format: "esm", platform: "node", ...REQUIRE });
  return (await run(process.execPath, [outfile], { timeout: SCRIPT_MS })).stdout;
}

/** axios asks for modules of Node as CommonJS does. */
const REQUIRE = {
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
};
const SCRIPT_MS = 60_000;

it(
  "makes clients with three generators, against which scripts of ten lines type-check and run",
  async ({ skip }) => {
    const installed = await installPinned("generators");
    if (installed === null) return skip("no registry of packages can be reached");
    const folder = await temporaryFolder();
    const npx = (program: string, ...args: string[]) =>
      run(process.execPath, [join(installed, "node_modules", program), ...args], { cwd: folder });
    await copyFile(join(ROOT, "openapi.yaml"), join(folder, "openapi.yaml"));
    await writeFile(join(folder, "package.json"), '{ "type": "module" }\n');
    await writeFile(join(folder, "orval.config.mjs"), CONFIG);
    const scripts = scriptsFor(server.url);
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ ...COMPILER, files: Object.keys(scripts) }));
    for (const [name, text] of Object.entries(scripts)) await writeFile(join(folder, name), text);
    await mkdir(join(folder, "openapi-typescript"));
    // Packages are found from the folder as from any project.
    await symlink(join(installed, "node_modules"), join(folder, "node_modules"));
    const said = [
      await npx("openapi-typescript/bin/cli.js", "openapi.yaml", "-o", "openapi-typescript/api.ts"),
      await npx("@hey-api/openapi-ts/bin/run.js", "-i", "openapi.yaml", "-o", "hey-api"),
      await npx("orval/dist/bin/orval.mjs", "--config", "orval.config.mjs"),
    ];
    for (const { stdout, stderr } of said) expect(`${stdout}${stderr}`).not.toMatch(/\b(error|failed)\b/i);
    const compiled = await npx("typescript/bin/tsc", "-p", ".").catch((error: { stdout: string }) => error);
    expect(compiled.stdout).toBe("");
    for (const name of Object.keys(scripts))
      expect([name, await printed(folder, name)]).toEqual([name, expect.stringMatching(/^true (queued|running|succeeded)\n$/)]);
  },
  2 * INSTALL_MS,
);
