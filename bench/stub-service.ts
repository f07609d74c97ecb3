import { createServer } from "node:http";
import { listenOnLoopback } from "./listen.ts";

// The service that both servers call: it answers every request at once with the same item.
const item = JSON.stringify({
  id: "42",
  title: "The door does not close",
  state: "open",
  labels: ["bug", "hardware"],
  created_at: "2026-11-02T08:30:00Z",
  // What services send along and a projection leaves out.
  reactions: { total_count: 3, up: 2, down: 1 },
  author: { login: "octocat", id: 1, url: "https://bench.example/users/octocat" },
});

await listenOnLoopback(
  createServer((_request, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(item) });
    response.end(item);
  }),
);
