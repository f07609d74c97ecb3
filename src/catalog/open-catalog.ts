import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Connector } from "../connector/connector.ts";
import type { Operation } from "../connector/operation.ts";
import { HubError } from "../errors.ts";
import { BUILT_LISTS } from "./built-lists.ts";
import { BUILT_IN } from "./connectors.ts";
import { type ListedOperation, listOperations } from "./list-operations.ts";

/** The services this hub knows how to talk to. */
export interface Catalog {
  /** Ids of all connectors, sorted. */
  readonly services: readonly string[];
  /** `not_found` for a service that has no connector. */
  connector(service: string): Promise<Connector>;
  /** `not_found` for an operation the service does not have. */
  operation(service: string, name: string): Promise<Operation>;
  /** What a service's operations are listed as, by name. */
  list(service: string): Promise<readonly ListedOperation[]>;
}

/** Connectors outside the repository are given by path, or by the name of an installed package. */
export async function openCatalog(extra: readonly string[] = [], builtIn = BUILT_IN): Promise<Catalog> {
  const loaded = new Map<string, Promise<Connector>>();
  const lists = new Map<string, Promise<readonly ListedOperation[]>>();
  const loaders = new Map(Object.entries(builtIn));
  for (const source of extra) {
    const foreign = await loadForeign(source);
    loaders.set(foreign.id, async () => ({ default: foreign }));
  }
  const services = [...loaders.keys()].toSorted();

  async function connector(service: string): Promise<Connector> {
    const load = loaders.get(service);
    if (!load) {
      throw new HubError("not_found", `Patchbay has no connector for ${service}.`, {
        hint: `It has ${services.join(", ")}.`,
      });
    }
    let loading = loaded.get(service);
    if (!loading) {
      loading = load().then((module) => module.default);
      loaded.set(service, loading);
    }
    return loading;
  }

  async function makeList(service: string): Promise<readonly ListedOperation[]> {
    // A connector from outside may have taken the place of one that the executable was built with.
    const built = loaders.get(service) === BUILT_IN[service] ? BUILT_LISTS[service] : undefined;
    return built ? (await built()).default : listOperations(await connector(service));
  }

  return {
    services,
    connector,
    async list(service) {
      const list = lists.get(service) ?? makeList(service);
      lists.set(service, list);
      return list;
    },
    async operation(service, name) {
      const { operations } = await connector(service);
      const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
      if (!operation) {
        throw new HubError("not_found", `${service} has no operation ${name}.`, {
          hint: `It has ${Object.keys(operations).toSorted().join(", ")}.`,
        });
      }
      return operation;
    },
  };
}

async function loadForeign(source: string): Promise<Connector> {
  const isPath = source.startsWith(".") || source.startsWith("/");
  const specifier = isPath ? pathToFileURL(resolve(source)).href : source;
  let module: { readonly default?: unknown };
  try {
    module = (await import(specifier)) as { readonly default?: unknown };
  } catch (cause) {
    throw new HubError("invalid_input", `The connector ${source} can't be loaded.`, {
      hint: 'Check the path or install the package named in "connectors".',
      cause,
    });
  }
  if (!isConnector(module.default)) {
    throw new HubError("invalid_input", `${source} has no connector as its default export.`, {
      hint: "Export what defineConnector returns.",
    });
  }
  return module.default;
}

function isConnector(value: unknown): value is Connector {
  return typeof value === "object" && value !== null && "id" in value && "operations" in value && "auth" in value;
}
