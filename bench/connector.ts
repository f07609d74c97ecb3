import * as z from "zod";
import { apiKey, defineConnector, rest } from "#connector";

const OPERATIONS = 100;

const Item = z.object({
  id: z.string(),
  title: z.string(),
  state: z.enum(["open", "closed"]),
  labels: z.array(z.string()),
  created_at: z.iso.datetime(),
});

function readItems(index: number) {
  return rest({
    summary: `Read an item of list ${index}. Returns its title, state and labels; the list's own tool yields the id.`,
    effect: "read",
    input: z.object({
      id: z.string().min(1).max(64).describe("The item's id, from the list it is in"),
      state: z.enum(["open", "closed", "all"]).optional().describe("Only an item in this state; all when absent"),
      labels: z.array(z.string().max(50)).max(20).optional().describe("Only an item that carries each of these"),
      since: z.iso.datetime().optional().describe("Only an item that changed after this time, as ISO 8601 in UTC"),
    }),
    output: Item,
    request: "GET /items/{id}",
  });
}

/** A service of a hundred tools whose descriptions are as long as those of real ones. */
export default defineConnector({
  id: "bench",
  name: "Bench",
  version: "1.0.0",
  category: "developer",
  capabilities: ["issues"],
  baseUrl: "https://bench.example",
  auth: [apiKey({ label: "Token", env: "BENCH_TOKEN", header: "authorization", prefix: "Bearer " })],
  operations: Object.fromEntries(
    Array.from({ length: OPERATIONS }, (_, index) => [`read_item_${index + 1}`, readItems(index + 1)]),
  ),
});
