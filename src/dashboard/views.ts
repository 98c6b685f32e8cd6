/** Every view with its address. A view is one folder and one line here; its code is loaded when it is first visited. */
import type { View } from "./shell/view.ts";
import type { IconName } from "./ui/icon.tsx";

export const VIEWS: readonly View[] = [
  { pattern: "/", section: "/jobs", load: () => import("./views/jobs/page.tsx") },
  { pattern: "/jobs", section: "/jobs", load: () => import("./views/jobs/page.tsx") },
  { pattern: "/jobs/:id", section: "/jobs", load: () => import("./views/job/page.tsx") },
  { pattern: "/sweeps", section: "/sweeps", load: () => import("./views/sweeps/page.tsx") },
  { pattern: "/sweeps/:id", section: "/sweeps", load: () => import("./views/sweeps/one-page.tsx") },
  { pattern: "/start", section: "/jobs", load: () => import("./views/start/page.tsx") },
  { pattern: "/new", section: "/new", load: () => import("./views/new/page.tsx") },
  { pattern: "/playground", section: "/playground", load: () => import("./views/playground/page.tsx") },
  { pattern: "/compare", section: "/compare", load: () => import("./views/compare/page.tsx") },
  { pattern: "/datasets", section: "/datasets", load: () => import("./views/datasets/page.tsx") },
  { pattern: "/datasets/:id", section: "/datasets", load: () => import("./views/datasets/one-page.tsx") },
  { pattern: "/models", section: "/models", load: () => import("./views/models/page.tsx") },
  { pattern: "/models/:ref", section: "/models", load: () => import("./views/models/one-page.tsx") },
];

/** The entries of the navigation. The shortcut of one is `g`, then its `key`. */
export const SECTIONS: readonly {
  readonly href: string;
  readonly label: string;
  readonly icon: IconName;
  readonly key: string;
  /** `wide-only`: a phone has no room for it; other views link to it. */
  readonly class?: "new" | "wide-only";
}[] = [
  { href: "/new", label: "New job", icon: "plus", key: "n", class: "new" },
  { href: "/jobs", label: "Jobs", icon: "list", key: "j" },
  { href: "/sweeps", label: "Sweeps", icon: "sliders", key: "s" },
  { href: "/playground", label: "Playground", icon: "bolt", key: "p", class: "wide-only" },
  { href: "/compare", label: "Compare", icon: "compare", key: "c" },
  { href: "/datasets", label: "Data sets", icon: "database", key: "d" },
  { href: "/models", label: "Models", icon: "cube", key: "m" },
];
