import type { Connector, Layer } from "../connector/connector.ts";
import type { Catalog } from "./open-catalog.ts";

/** A layer, and the service whose connector wants it. */
export interface ComposedLayer extends Layer {
  readonly service: string;
}

/**
 * The parts of a container image that agents with these services want.
 *
 * What a connector depends on comes before it, asked for or not; connectors that are alike in that come by name. Of equal
 * instructions the first stand for all.
 */
export async function composeLayers(catalog: Catalog, services: readonly string[]): Promise<ComposedLayer[]> {
  const ordered = new Map<string, Connector>();
  const begun = new Set<string>();

  async function visit(service: string): Promise<void> {
    // A connector that is gone wants nothing, and two that depend on each other come as they were met.
    if (begun.has(service) || !catalog.services.includes(service)) return;
    begun.add(service);
    const connector = await catalog.connector(service);
    for (const needed of (connector.dependsOn ?? []).toSorted()) await visit(needed);
    ordered.set(service, connector);
  }

  for (const service of services.toSorted()) await visit(service);
  const all = [...ordered].flatMap(([service, { layers = [] }]) => layers.map((layer) => ({ service, ...layer })));
  const alike = Map.groupBy(all, ({ dockerfile }) => dockerfile.join("\n"));
  return [...alike.values()].flatMap((same) => same.slice(0, 1));
}

/** Layers as lines of a Dockerfile. */
export function writeDockerfile(layers: readonly ComposedLayer[]): string {
  return layers
    .map(({ name, service, dockerfile }) => [`# ${name} (${service})`, ...dockerfile].join("\n"))
    .join("\n\n");
}
