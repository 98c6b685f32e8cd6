import { INTERPRETER } from "./executors.ts";
import { describeOperations } from "./operations.ts";

describeOperations(INTERPRETER);
