/**
 * Writes schemas in the forms that client generators understand alike: openapi-typescript makes a field with a default required, and
 * linters want `items` for every array.
 */

/** The parts of a schema that are read. */
interface Node {
  readonly type?: unknown;
  readonly $ref?: unknown;
  readonly properties?: Readonly<Record<string, Node>> | null;
  prefixItems?: unknown;
  description?: unknown;
  default?: unknown;
}

const REF = "#/components/schemas/";

/** The parts of a document that are rewritten. */
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

/** Rewrites a document in place: defaults in request bodies move into the description, and pairs become arrays of two. */
export function writeForGenerators(document: Document): void {
  const { schemas } = document.components;
  const seen = new Set<string>();
  const visit = (node: unknown): void => {
    for (const inner of nodesIn(node)) {
      defaultsInWords(inner);
      const name = typeof inner.$ref === "string" ? inner.$ref.slice(REF.length) : null;
      if (name === null || seen.has(name)) continue;
      seen.add(name);
      visit(schemas[name]);
    }
  };
  for (const operation of Object.values(document.paths).flatMap((methods) => Object.values(methods)))
    visit((operation as { readonly requestBody?: unknown }).requestBody);
  for (const node of nodesIn(document)) tupleAsArray(node);
}

/** Every object in a value, including the value. */
function* nodesIn(value: unknown): Generator<Node> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield value as Node;
  for (const inner of Object.values(value)) yield* nodesIn(inner);
}

/** Moves a default behind the description: the server fills it in, and a client need not know it. */
function defaultsInWords({ type, properties }: Node): void {
  if (type !== "object" || typeof properties !== "object" || properties === null) return;
  for (const property of Object.values(properties)) {
    if (!("default" in property)) continue;
    const said = `Default: \`${JSON.stringify(property.default)}\`.`;
    property.description = property.description ? `${property.description} ${said}` : said;
    delete property.default;
  }
}

/** An array of a fixed number of elements of one kind. */
function tupleAsArray(node: Node): void {
  const { prefixItems } = node;
  if (!Array.isArray(prefixItems)) return;
  const kinds = [...new Map(prefixItems.map((item) => [JSON.stringify(item), item])).values()];
  delete node.prefixItems;
  Object.assign(node, {
    items: kinds.length === 1 ? kinds[0] : { anyOf: kinds },
    minItems: prefixItems.length,
    maxItems: prefixItems.length,
  });
}
