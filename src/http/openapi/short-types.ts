/**
 * Adds the short form of a typed object to the schemas of a job spec: `"mse"` for `{"type": "mse"}`. The zod schema knows only objects,
 * because domain/spec/spellings.ts expands a spec before it is validated.
 */

type Node = Record<string, unknown>;

const REF = "#/components/schemas/";
/** The components from which short forms are accepted. */
const ROOTS = ["JobSpecInput", "JobSpec"] as const;

/** Changes the unions of typed objects that a job spec is made of, in the components of a document. */
export function addShortTypes(schemas: Readonly<Record<string, unknown>>): void {
  const seen = new Set<string>();
  const visitComponent = (name: string): void => {
    if (seen.has(name) || !schemas[name]) return;
    seen.add(name);
    visit(schemas[name]);
  };
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const { $ref: ref, oneOf, anyOf } = node as Node;
    // These have their own names for what replaces an object.
    if (Array.isArray(anyOf) && anyOf.some(({ type }: Node) => type === "string")) return;
    if (typeof ref === "string" && ref.startsWith(REF)) visitComponent(ref.slice(REF.length));
    // Nested schemas first: the options are as they were written.
    for (const inner of Object.values(node)) visit(inner);
    const types = Array.isArray(oneOf) ? bareTypes(oneOf, schemas) : [];
    if (types.length > 0) (oneOf as unknown[]).push({ type: "string", enum: types });
  };
  const root = ROOTS.find((name) => schemas[name]);
  if (root) visitComponent(root);
}

/** The types of the options that need nothing but their type. */
function bareTypes(options: readonly unknown[], schemas: Readonly<Record<string, unknown>>): string[] {
  return options.flatMap((option) => {
    const { $ref: ref } = option as Node;
    const schema = (typeof ref === "string" ? schemas[ref.slice(REF.length)] : option) as {
      readonly properties?: { readonly type?: { readonly const?: unknown } };
      readonly required?: readonly string[];
      readonly oneOf?: readonly unknown[];
    };
    // A union within this one has them already.
    if (schema.oneOf) return [];
    const type = schema.properties?.type?.const;
    return typeof type === "string" && schema.required?.every((field) => field === "type") ? [type] : [];
  });
}
