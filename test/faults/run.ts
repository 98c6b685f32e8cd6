/** `npm run test:faults [-- --rounds N] [--seed N]`: the rounds of kill.test.ts, as many as are asked for. */
import { spawn } from "node:child_process";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { rounds: { type: "string" }, seed: { type: "string" } } });
for (const [name, value] of Object.entries(values)) {
  if (/^\d+$/.test(value)) continue;
  process.stderr.write(`--${name} takes a whole number, and this is ${value}\n`);
  process.exit(1);
}
const settings = { FAULT_ROUNDS: values.rounds, FAULT_SEED: values.seed };
const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
const child = spawn("vitest", ["run", "--project", "e2e", "test/faults/kill.test.ts"], {
  env: { ...process.env, ...given },
  stdio: "inherit",
});
child.once("exit", (code) => process.exit(code ?? 1));
