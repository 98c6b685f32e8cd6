/**
 * `npm run audit`: known vulnerabilities of what the server depends on. Fails for high and critical ones; a registry that does
 * not answer such questions is no reason to fail.
 */
import { spawnSync } from "node:child_process";

interface Report {
  readonly metadata?: { readonly vulnerabilities: Readonly<Record<string, number>> };
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string; readonly fixAvailable: unknown }>>;
}

const GRAVE = ["high", "critical"];

const { stdout, stderr } = spawnSync("npm", ["audit", "--omit=dev", "--json"], {
  encoding: "utf8",
  timeout: 60_000,
  shell: process.platform === "win32",
});
const report = parsed(stdout);
if (!report.metadata) {
  console.log(`The registry does not answer questions about vulnerabilities: nothing was audited. ${stderr.split("\n")[0]}`);
} else {
  console.log(report.metadata.vulnerabilities);
  const grave = Object.entries(report.vulnerabilities ?? {}).filter(([, { severity }]) => GRAVE.includes(severity));
  for (const [name, { severity, fixAvailable }] of grave)
    console.error(`${name}: ${severity}, ${fixAvailable ? "a fix is available" : "no fix yet"}`);
  process.exitCode = grave.length > 0 ? 1 : 0;
}

function parsed(text: string): Report {
  try {
    return JSON.parse(text) as Report;
  } catch {
    return {};
  }
}
