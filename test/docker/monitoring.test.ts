/** The alerts and the dashboard ask for metrics that there are; promtool, where it is installed, checks and tries them. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { openStore } from "../../src/storage/open.ts";
import { createInstruments } from "../../src/telemetry/instruments.ts";
import { createTelemetry } from "../../src/telemetry/telemetry.ts";
import { temporaryFolder } from "../contract/databases/temporary.ts";

const MONITORING = join(import.meta.dirname, "../../docker/monitoring");
const read = (name: string) => readFileSync(join(MONITORING, name), "utf8");

interface Panel {
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string }[];
}
const { panels } = JSON.parse(read("dashboard.json")) as { readonly panels: readonly Panel[] };
const { groups } = parse(read("alerts.yaml")) as { readonly groups: { readonly rules: { readonly expr: string }[] }[] };
const EXPRESSIONS = [
  ...groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)),
  ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
];

it("asks for metrics and labels that the server has", async () => {
  const store = await openStore({ dataDir: await temporaryFolder() });
  const instruments = createInstruments();
  const { text } = await createTelemetry(instruments, store).expose();
  await store.close();
  const names = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
  const asked = new Set(EXPRESSIONS.flatMap((expr) => expr.match(/\b(trainyard|nodejs|process)_\w+/g) ?? []));
  expect(asked.size).toBeGreaterThan(15);
  for (const name of asked) expect(names).toContain(name.replace(/_(bucket|count|sum)$/, ""));
});

it("has panels that stand side by side on 24 columns", () => {
  const taken = new Set<string>();
  for (const { title, gridPos } of panels) {
    expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(taken.has(`${x} ${y}`), title).toBe(false);
        taken.add(`${x} ${y}`);
      }
    }
  }
});

const PROMTOOL = "promtool";
const hasPromtool = spawnSync(PROMTOOL, ["--version"]).status === 0;

it.skipIf(!hasPromtool)("passes promtool and its alerts' tests, where promtool is installed", async () => {
  const run = (...args: string[]) => execFileSync(PROMTOOL, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  expect(run("check", "config", join(MONITORING, "prometheus.yaml"))).toContain("SUCCESS");
  expect(run("test", "rules", join(MONITORING, "alerts.test.yaml"))).toContain("SUCCESS");
  // promtool reads expressions of rules alone: the dashboard's are written as such.
  const rules = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr.replaceAll("$__rate_interval", "5m")));
  const file = join(await temporaryFolder(), "rules.yaml");
  const group = { name: "dashboard", rules: rules.map((expr, at) => ({ record: `panel:${at}`, expr })) };
  writeFileSync(file, JSON.stringify({ groups: [group] }));
  expect(run("check", "rules", file)).toContain(`${rules.length} rules found`);
});
