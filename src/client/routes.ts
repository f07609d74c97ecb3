import { ALL_ACTIONS } from "../actions/all-actions.ts";

/** By noun and verb, the method and path of each action: all that the client knows of the hub when it runs. */
export type Routes = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** In the package, the build puts the table itself in the place of what makes it. */
export const ROUTES: Routes = Object.fromEntries(
  Object.entries(ALL_ACTIONS).map(([noun, actions]) => [
    toCamelCase(noun),
    Object.fromEntries(Object.entries(actions).map(([verb, { route }]) => [verb, route])),
  ]),
);

export function toCamelCase(noun: string): string {
  return noun.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
