/** Jobs. */
export { default } from "../compare/page.tsx";
