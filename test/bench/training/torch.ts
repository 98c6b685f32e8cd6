/** PyTorch as a peer: speed_torch.py, one workload at a time, in a process of its own. */
import { spawnSync } from "node:child_process";

const script = new URL("./speed_torch.py", import.meta.url).pathname;
const python = process.env.TORCH_PYTHON ?? "/usr/bin/python3";

/** One thread for both of us; OpenBLAS chooses its kernels by itself. */
function environment(): NodeJS.ProcessEnv {
  const { OPENBLAS_CORETYPE, OPENBLAS_L2_SIZE, ...rest } = process.env;
  return { ...rest, OPENBLAS_NUM_THREADS: "1", OMP_NUM_THREADS: "1" };
}

export function torchIsThere(): boolean {
  return spawnSync(python, ["-c", "import torch"], { env: environment() }).status === 0;
}

/** Microseconds a step, by the clock or of processor: the median of the script's windows. */
export function torchStep(name: string, seconds: number, of: "us_per_step" | "us_processor" = "us_per_step"): number {
  const { stdout } = spawnSync(python, [script, "--only", name, "--seconds", `${seconds}`], {
    env: environment(),
    encoding: "utf8",
  });
  return (JSON.parse(stdout) as Record<typeof of, number>)[of];
}
