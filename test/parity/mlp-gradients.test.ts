import { INTERPRETER } from "./executors.ts";
import { describeMlpGradients } from "./mlp-gradients.ts";

describeMlpGradients(INTERPRETER);
