/** The view of one data set; below the same address, of the schedules, and of one of these. */
import type { ViewProps } from "../../shell/view.ts";
import { OneDataset } from "./one.tsx";
import { ScheduleList } from "./schedules/list.tsx";
import { OneSchedule } from "./schedules/one.tsx";

export default function DatasetPage({ params }: ViewProps) {
  const id = params.id as string;
  if (id === "schedules") return <ScheduleList />;
  return id.startsWith("sch_") ? <OneSchedule id={id} /> : <OneDataset id={id} />;
}
