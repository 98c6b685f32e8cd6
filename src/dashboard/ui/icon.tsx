/** The page's icons: strokes of 1.6 on a grid of 20. They are decoration; their meaning is in the text beside them or in a label. */

const PATHS = {
  alert: "M10 3 18 17H2zM10 8v4M10 14.5v.1",
  arrow_down: "M10 4v12M5 11l5 5 5-5",
  arrow_right: "M4 10h12M11 5l5 5-5 5",
  arrow_up: "M10 16V4M5 9l5-5 5 5",
  ban: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14M5.2 5.2l9.6 9.6",
  bolt: "M11 2 4 11.5h5L8.5 18 16 8.5h-5z",
  book: "M4 4.5A1.5 1.5 0 0 1 5.5 3H16v11H5.5A1.5 1.5 0 0 0 4 15.5zM4 15.5A1.5 1.5 0 0 0 5.5 17H16v-3",
  check: "M4 10.5l4 4 8-9",
  chevron_down: "M5 8l5 5 5-5",
  chevron_right: "M8 5l5 5-5 5",
  clock: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14M10 6v4l3 2",
  compare: "M3 14c3 0 4-8 7-8s4 5 7 5M3 6c3 0 3 8 7 8s5-3 7-3",
  copy: "M7 7h9v9H7zM13 7V4H4v9h3",
  cube: "M10 2.5l6.5 3.7v7.6L10 17.5l-6.5-3.7V6.2zM3.5 6.2 10 10l6.5-3.8M10 10v7.5",
  database: "M4 5c0-1.1 2.7-2 6-2s6 .9 6 2-2.7 2-6 2-6-.9-6-2zM4 5v10c0 1.1 2.7 2 6 2s6-.9 6-2V5M4 10c0 1.1 2.7 2 6 2s6-.9 6-2",
  download: "M10 3v10M6 9l4 4 4-4M4 17h12",
  edit: "M4 16l1-4 8-8 3 3-8 8zM11.5 5.5l3 3",
  external: "M8 4H4v12h12v-4M11 3h6v6M17 3l-8 8",
  file: "M5 3h7l3 3v11H5zM12 3v3h3",
  flag: "M5 17V3.5h9l-2 3.5 2 3.5H5",
  keyboard: "M2.5 5.5h15v9h-15zM5.5 8.5h.1M8.5 8.5h.1M11.5 8.5h.1M14.5 8.5h.1M6.5 11.5h7",
  key: "M7 13a3.5 3.5 0 1 1 3.3-4.7H17V12h-2v-1.8h-4.7A3.5 3.5 0 0 1 7 13",
  list: "M7 5h10M7 10h10M7 15h10M3 5h.1M3 10h.1M3 15h.1",
  loader: "M10 3a7 7 0 1 1-7 7",
  menu: "M10 4a.5.5 0 1 0 .01 0M10 9.5a.5.5 0 1 0 .01 0M10 15a.5.5 0 1 0 .01 0",
  minus: "M4 10h12",
  monitor: "M3 4h14v9H3zM7 17h6M10 13v4",
  moon: "M16 12.5A7 7 0 0 1 7.5 4a6.5 6.5 0 1 0 8.5 8.5z",
  offline:
    "M3 3l14 14M5.5 9a8 8 0 0 1 3-1.7M14.5 9a8 8 0 0 0-2.3-1.5M7.5 12.2a4 4 0 0 1 3.5-1M10 15.5v.1M2.5 6.5A12 12 0 0 1 5.5 4.8M17.5 6.5a12 12 0 0 0-8-2.8",
  pause: "M7 4v12M13 4v12",
  play: "M6 4l10 6-10 6z",
  plus: "M10 4v12M4 10h12",
  range: "M3 10h14M6 6.5 2.5 10 6 13.5M14 6.5l3.5 3.5-3.5 3.5",
  refresh: "M16 10a6 6 0 1 1-1.8-4.3M16 3v4h-4",
  search: "M9 4a5 5 0 1 0 0 10A5 5 0 0 0 9 4M12.7 12.7 17 17",
  signal: "M3 13v2M8 10v5M13 7v8M18 4v11",
  sign_out: "M8 4H4v12h4M9 10h8M14 7l3 3-3 3",
  sliders: "M3 6h14M3 14h14M7 3.5v5M13 11.5v5",
  stop: "M5 5h10v10H5z",
  sun: "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7M10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1",
  trash: "M4 6h12M8 6V4h4v2M6 6l.7 11h6.6L14 6",
  x: "M5 5l10 10M15 5 5 15",
  zoom_out: "M9 4a5 5 0 1 0 0 10A5 5 0 0 0 9 4M12.7 12.7 17 17M7 9h4",
} as const;

export type IconName = keyof typeof PATHS;

export interface IconProps {
  readonly name: IconName;
  /** Its width and height in px. */
  readonly size?: number;
  readonly class?: string;
}

export function Icon({ name, size = 16, class: className }: IconProps) {
  return (
    <svg
      class={className}
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The mark of the product: two rails that bend like the curves of a loss. */
export function Mark({ size = 24 }: { readonly size?: number }) {
  return (
    <svg class="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="currentColor" />
      <g fill="none" stroke="var(--surface)" stroke-linecap="round" stroke-width="2.4">
        <path d="M7 7c1.2 9.6 5.6 14.8 18 15.6M13.4 7c.8 5.2 3.8 8.2 11.6 8.8" />
        <path d="M6.6 12.6l7.6-2.2M10 18.9l5.8-5.5M16.8 23.3l2.7-7.8" stroke-width="1.8" opacity=".75" />
      </g>
    </svg>
  );
}
