import { type Import, importRule } from "./imports.ts";
import { connectorLoader, layers } from "./layers.ts";

/** Rooms of `src/` import rooms below them: see `layers.ts`. */
export const importsPointDown = importRule((imported, file) => {
  const from = roomOf(file);
  if (!from || !imported.path || imported.path === "package.json") return undefined;
  if (depthOf(from) === undefined) return `src/${from} has no layer: give it its line in lint/layers.ts.`;
  if (imported.path.startsWith("connectors/")) return checkConnector(imported, from);
  const to = roomOf(imported.path);
  if (!to) return `${imported.path} is outside src, which stands alone: what src needs lives in src.`;
  return from === to ? undefined : checkDirection(from, to);
});

function checkConnector({ path }: Import, from: string): string | undefined {
  if (from === connectorLoader) return undefined;
  return `src/${from} must not import ${path}: only src/${connectorLoader} loads connectors, so that each is loaded on first use. Ask the catalog.`;
}

function checkDirection(from: string, to: string): string | undefined {
  const [above, below] = [depthOf(from), depthOf(to)];
  if (above === undefined || below === undefined) return `src/${to} has no layer: give it its line in lint/layers.ts.`;
  if (above < below) return undefined;
  if (above === below) {
    return `src/${from} must not import src/${to}: they are siblings. Join them in a room above, or move what both need below.`;
  }
  return `src/${from} must not import src/${to}: imports point down, and src/${to} stands above. Take what you need as a parameter, or move the code to the room that owns it.`;
}

function roomOf(path: string): string | undefined {
  return /^src\/([^/.]+)/.exec(path)?.[1];
}

function depthOf(room: string): number | undefined {
  const depth = layers.findIndex((rooms) => rooms.includes(room));
  return depth === -1 ? undefined : depth;
}
