/** The compiled path, in float32, held to what PyTorch computed: operations, gradients, optimisers. */
import { compile } from "../../../src/engine/compiler/compile.ts";
import type { Executor } from "../../parity/golden.ts";
import { describeMlpGradients } from "../../parity/mlp-gradients.ts";
import { describeOperations } from "../../parity/operations.ts";
import { describeOptimizers } from "../../parity/optimizers.ts";

const COMPILED: Executor = { name: "compiled", execute: compile, tolerance: 1e-5, cancellation: 1 };

describeOperations(COMPILED);
describeMlpGradients(COMPILED);
describeOptimizers(COMPILED);
