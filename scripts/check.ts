/** `npm run check`: types, lint and dead exports, beside one another, because each keeps hardly more than one core busy. */
import { spawn } from "node:child_process";

const CHECKS = ["types", "lint", "lint:dead"];

const codes = await Promise.all(CHECKS.map(run));
process.exitCode = codes.every((code) => code === 0) ? 0 : 1;

/** Runs a script of package.json, and prints what it said when it has ended. Returns its exit code. */
async function run(name: string): Promise<number | null> {
  const child = spawn("npm", ["run", "--silent", name], {
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
  });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => said.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  process.stdout.write(`${name}: ${code === 0 ? "passed" : "failed"}\n`);
  process.stdout.write(Buffer.concat(said));
  return code;
}
