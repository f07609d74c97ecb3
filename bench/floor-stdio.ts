import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { openFloor } from "./floor-server.ts";

const [toolsFile = "", serviceUrl = ""] = process.argv.slice(2);
serveStdio(openFloor(toolsFile, serviceUrl));
