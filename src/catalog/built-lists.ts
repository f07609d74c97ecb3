import type { ListedOperation } from "./list-operations.ts";

/**
 * The operations of built-in connectors as they were listed when the executable was built, which fills this in.
 *
 * A process on stdio is asked for its tools before anything else. To load the connectors for that, and make the schemas of
 * all their operations, would take as long as the rest of its start.
 */
export const BUILT_LISTS: Readonly<Record<string, () => Promise<{ readonly default: readonly ListedOperation[] }>>> =
  {};
