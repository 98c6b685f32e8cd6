/** Builds the page once, before files that run beside one another open it. */
import { ensureDashboard } from "../../scripts/build-dashboard.ts";

export default async function buildPage(): Promise<void> {
  await ensureDashboard();
}
