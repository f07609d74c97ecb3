import { importRule } from "./imports.ts";
import { outlets } from "./layers.ts";

/** Every outbound connection is opened in `src/egress`, where addresses are checked and credentials bound: see `layers.ts`. */
export const onlyEgressConnects = importRule(({ specifier, names, isType }, file) => {
  const outlet = outlets[specifier] ?? outlets[`node:${specifier}`];
  if (!outlet || isType || outlet.rooms.some((room) => file.startsWith(`src/${room}/`))) return undefined;
  if (!outlet.names) return refusal(specifier);
  if (!names) return `Import from ${specifier} by name, so that it shows that no connection is opened here.`;
  const opener = outlet.names.find((name) => names.includes(name));
  return opener && refusal(`${opener} of ${specifier}`);
});

function refusal(what: string): string {
  return `${what} opens connections past the address checks: only src/egress connects. Take a fetch as a parameter.`;
}
