/** Writes a query string: absent values are left out, arrays repeat the parameter, objects nest as `a[b]`. */
export function encodeQuery(query: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).filter((item) => item !== null).flatMap((item) => flatten(name, item)),
  );
  return new URLSearchParams(pairs).toString();
}

/** Writes a form body with nested fields as `a[b]` and list items as `a[0]`; `null` empties a field. */
export function encodeForm(body: object): string {
  return new URLSearchParams(Object.entries(body).flatMap(([name, value]) => flatten(name, value))).toString();
}

function flatten(name: string, value: unknown): [string, string][] {
  if (value === undefined) {
    return [];
  }
  if (value instanceof Date) {
    return [[name, value.toISOString()]];
  }
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, item]) => flatten(`${name}[${key}]`, item));
  }
  return [[name, typeof value === "string" ? value : value === null ? "" : JSON.stringify(value)]];
}
