/** The text of docs/configuration.md: every setting, with the bounds and the default that config.ts checks and uses. */
import { z } from "zod";
import { type SettingName, settingSchemas } from "./config.ts";
import { SETTING_DESCRIPTIONS, SETTING_GROUPS } from "./setting-descriptions.ts";

const HEAD = `# Configuration

<!-- Written by \`npm run configuration\` from src/server/config.ts and src/server/setting-descriptions.ts. -->

Environment variables configure a server. An empty variable counts as unset. A wrong value stops the start with one line that names the variable
and what it takes. \`trainyard serve\` has options for the most common ones.
`;

/** The part of a JSON Schema that a setting's schema has. */
interface SettingSchema {
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** The whole document as Markdown: a section for each group, a row for each setting. */
export function describeConfiguration(): string {
  const names = Object.keys(SETTING_DESCRIPTIONS) as SettingName[];
  const sections = Object.entries(SETTING_GROUPS).map(([group, title]) => {
    const rows = names.filter((name) => SETTING_DESCRIPTIONS[name].group === group).map(rowOf);
    return [`## ${title}`, "", "| variable | default | takes | |", "| --- | --- | --- | --- |", ...rows, ""].join("\n");
  });
  return [HEAD, ...sections].join("\n");
}

function rowOf(name: SettingName): string {
  const { text, standard, takes } = SETTING_DESCRIPTIONS[name];
  // An input schema has the default; the output schema of a number has its bounds.
  const input = jsonSchemaOf(name, "input");
  const output = jsonSchemaOf(name, "output");
  const value = input.default ?? output.default;
  const shown = standard ?? (value === undefined ? "" : defaultOf(name, value));
  return `| \`${name}\` | ${shown} | ${takes ?? input.enum?.join(", ") ?? rangeOf(output)} | ${text} |`;
}

function jsonSchemaOf(name: SettingName, io: "input" | "output"): SettingSchema {
  return z.toJSONSchema(settingSchemas[name], { io, unrepresentable: "any" }) as SettingSchema;
}

/** A default; for bytes also in a readable unit. */
function defaultOf(name: SettingName, value: unknown): string {
  if (!name.endsWith("_BYTES") || typeof value !== "number" || value === 0) return String(value);
  const power = ["KiB", "MiB", "GiB"].findLastIndex((_, index) => value % 1024 ** (index + 1) === 0);
  return power < 0 ? String(value) : `${value} (${value / 1024 ** (power + 1)} ${["KiB", "MiB", "GiB"][power]})`;
}

function rangeOf({ minimum, maximum }: SettingSchema): string {
  if (minimum === undefined) return "text";
  return maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? `${minimum} and more` : `${minimum} to ${maximum}`;
}
