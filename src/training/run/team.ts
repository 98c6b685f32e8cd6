/** What threads need of the engine to run the steps of one training together; worker/training starts them. */
export { countSharedMemory, type Invitation, joinTeam, LostThreadError, limitTeam, reportLost } from "../../engine/index.ts";
