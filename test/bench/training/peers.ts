/** The same steps in other engines for JavaScript: installed in a temporary folder, run in processes of their own. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Workload } from "./workloads.ts";

const PEERS = {
  "tfjs wasm": { script: "tfjs.mjs", packages: ["@tensorflow/tfjs@4.22.0", "@tensorflow/tfjs-backend-wasm@4.22.0"] },
  "jax-js wasm": { script: "jax.mjs", packages: ["@jax-js/jax@0.1.25"] },
} as const;

export type Peer = keyof typeof PEERS;

/** Microseconds a step for each peer and workload; NaN where the peer failed, with its complaint on stderr. */
export function measurePeers(workloads: readonly Workload[], seconds: number): { peer: Peer; name: string; us: number }[] {
  const folder = mkdtempSync(join(tmpdir(), "engine-peers-"));
  try {
    const packages = Object.values(PEERS).flatMap((peer) => [...peer.packages]);
    execFileSync("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--silent", ...packages], {
      cwd: folder,
      stdio: "inherit",
    });
    return (Object.keys(PEERS) as Peer[]).flatMap((peer) =>
      workloads.map((workload) => ({ peer, name: workload.name, us: run(PEERS[peer].script, workload, seconds, folder) })),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(script: string, { widths, rows, activation, lr }: Workload, seconds: number, folder: string): number {
  const path = new URL(`./peers/${script}`, import.meta.url).pathname;
  const settings = JSON.stringify({ widths, rows, activation, lr, seconds });
  const { stdout, stderr, status } = spawnSync(process.execPath, [path, settings], { cwd: folder, encoding: "utf8" });
  if (status !== 0) {
    console.error(`${script}: ${stderr}`);
    return Number.NaN;
  }
  return (JSON.parse(stdout.trim().split("\n").at(-1) as string) as { us_per_step: number }).us_per_step;
}
