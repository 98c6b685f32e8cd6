/** Formats the listing of a compilation: the operations of each kernel, its loops, flops and memory traffic. */
import { sizeOf, type Tensor } from "../graph.ts";
import { expressionOf } from "./expression.ts";
import { type FusedProgram, type MemoryPlan, trafficOf } from "./memory-plan.ts";
import { productShape } from "./rewrite/lower.ts";
import type { Kernel } from "./schedule/kernels.ts";
import type { TensorMembers } from "./tensor-tables.ts";
import { LANES } from "./vector.ts";

/** Returns a line per program, followed by one line per kernel. */
export function describe(programs: ReadonlyMap<string, FusedProgram>, plan: MemoryPlan): string {
  const parts = [...programs].map(([name, { fused }]) => {
    const copies = plan.programs.get(name)?.copies.length ?? 0;
    const lines = fused.kernels.map(
      (kernel) => `  ${describeKernel(kernel, fused.stored)}, ${format(trafficOf(kernel, fused.stored))}B`,
    );
    return [`program ${name}: ${fused.kernels.length} kernels${copies > 0 ? `, ${copies} copies` : ""}`, ...lines].join("\n");
  });
  return [...parts, `memory: ${format(plan.bytes)}B`].join("\n");
}

/** The loops, the outputs with the operations fused into them, and the flops. */
function describeKernel(kernel: Kernel, stored: TensorMembers): string {
  const results = kernel.outputs.map(({ tensor }) => `[${tensor.shape.join(", ")}] ${operations(tensor, stored)}`);
  return `${describeLoops(kernel)}: ${results.join("; ")}: ${format(flopsOf(kernel, stored))}flop`;
}

function describeLoops(kernel: Kernel): string {
  if (kernel.kind === "matmul") {
    const { batch, m, n, k } = kernel.shape;
    const packed = [kernel.packA ? "a" : "", kernel.packB ? "b" : ""].filter((name) => name !== "").join(" and ");
    return `matmul ${[...batch, m, n, k].join(" x ")}${packed === "" ? "" : ` (${packed} packed)`}`;
  }
  const { loops } = kernel;
  if (loops.length === 0) return "scalar";
  return loops.map(({ size, vector, reduced }) => `${reduced ? "sum " : ""}${size}${vector ? `x${LANES}` : ""}`).join(" / ");
}

/** The names and counts of the operations of one output, outermost first. */
function operations(output: Tensor, stored: TensorMembers): string {
  const counts = new Map<string, number>();
  for (const { op } of expressionOf([output], stored).computed) {
    const name = op.kind === "unary" || op.kind === "binary" ? op.fn : op.kind;
    if (!SILENT.has(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const names = [...counts].map(([name, count]) => (count > 1 ? `${count} ${name}` : name));
  return names.length > 0 ? names.join(" + ") : "copy";
}

const SILENT = new Set(["broadcast", "reshape"]);

/** Counts one flop per element of each operation, whatever its cost. */
function flopsOf(kernel: Kernel, stored: TensorMembers): number {
  const members = kernel.outputs.map(({ tensor }) => tensor);
  return expressionOf(members, stored).computed.reduce((sum, tensor) => sum + flopsOfTensor(tensor), 0);
}

function flopsOfTensor(tensor: Tensor): number {
  const {
    op,
    shape,
    inputs: [x],
  } = tensor;
  switch (op.kind) {
    case "unary":
    case "binary":
    case "where":
      return sizeOf(shape);
    case "sum":
    case "max":
    case "scatter_add":
      return sizeOf((x as Tensor).shape);
    case "matmul": {
      const { batch, m, n, k } = productShape(tensor);
      return 2 * sizeOf(batch) * m * n * k;
    }
    default:
      return 0;
  }
}

/** Formats 1234567 as "1.23 M". */
function format(value: number): string {
  const units = ["", "k", "M", "G"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, value)) / 3));
  return `${Number((value / 1000 ** power).toPrecision(3))} ${units[power]}`;
}
