import { INTERPRETER } from "./executors.ts";
import { describeOptimizers } from "./optimizers.ts";

describeOptimizers(INTERPRETER);
