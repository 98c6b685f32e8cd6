/** `npm run test:faults [-- --rounds N] [--seed N]`: jobs, sweeps and searches under kills of the server and its threads, as many as are asked for. */
import { spawn } from "node:child_process";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { rounds: { type: "string" }, seed: { type: "string" } } });
for (const [name, value] of Object.entries(values)) {
  if (/^\d+$/.test(value)) continue;
  process.stderr.write(`--${name} takes a whole number, and this is ${value}\n`);
  process.exit(1);
}
const settings = { FAULT_ROUNDS: values.rounds, SWEEP_KILLS: values.rounds, FAULT_SEED: values.seed };
const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
const files = ["kill", "sweep-kill"].map((name) => `test/faults/${name}.test.ts`);
const child = spawn("vitest", ["run", "--project", "e2e", ...files], {
  env: { ...process.env, ...given },
  stdio: "inherit",
});
child.once("exit", (code) => process.exit(code ?? 1));
