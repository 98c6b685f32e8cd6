/** Follows a job's curves while a component is shown. */
import { useEffect, useState } from "preact/hooks";
import { useApp } from "../shell/app-context.ts";
import { type FollowedCurves, followCurves } from "./follow-curves.ts";

/** Follows a job's curves while they are shown; `version` grows with every change. */
export function useFollowed(id: string): { readonly followed: FollowedCurves | null; readonly version: number } {
  const { api, live } = useApp();
  const [followed, setFollowed] = useState<FollowedCurves | null>(null);
  const [version, setVersion] = useState(0);
  useEffect(() => {
    const own = followCurves({ api, live, id, onChange: () => setVersion((count) => count + 1) });
    setFollowed(own);
    return () => own.stop();
  }, [api, live, id]);
  return { followed, version };
}
