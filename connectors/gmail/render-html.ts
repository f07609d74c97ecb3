import { decodeEntities } from "./entities.ts";

/** Comment, tag, declaration, or text, which may begin with a `<` that is none of these. Takes linear time on any input. */
const TOKEN = /<!--|<(\/?)([a-z][a-z0-9]*)(?![a-z0-9])([^<>]*)>|<[!?/][^<>]*>|(<+[^<]*|[^<]+)/gi;

/** Elements whose content is not for readers. */
const SILENT = new Set(["script", "style", "title"]);

/** Elements that stand on lines of their own. */
const BLOCKS = new Set("address article div dl dt dd footer form header hr li main nav section tr".split(" "));

/** Elements with an empty line around them. */
const PARAGRAPHS = new Set("blockquote h1 h2 h3 h4 h5 h6 ol p pre table ul".split(" "));

/** Writes an HTML email as plain text: lines and lists as they are, links with their addresses, and nothing more. */
export function renderHtml(html: string): string {
  const page = openPage();
  let link = "";
  for (const [, slash, tag = "", attributes = "", text = ""] of readTokens(html)) {
    const name = tag.toLowerCase();
    page.write(text);
    if (name === "br") {
      page.breakLine();
    } else if (PARAGRAPHS.has(name)) {
      page.endParagraph();
    } else if (BLOCKS.has(name)) {
      page.endLine();
    } else if (name === "td" || name === "th") {
      page.write(" ");
    } else if (name === "a") {
      page.write(slash === "/" && link !== "" ? ` (${link})` : "");
      link = slash === "/" ? "" : (/\bhref\s*=\s*["']?(https?:[^"'\s]+)/i.exec(attributes)?.[1] ?? "");
    }
    if (name === "li" && slash === "") {
      page.write("- ");
    }
  }
  return page.read();
}

function* readTokens(html: string): Generator<readonly string[]> {
  const pattern = new RegExp(TOKEN);
  for (let match = pattern.exec(html); match; match = pattern.exec(html)) {
    const [token, slash, tag = ""] = match;
    if (token === "<!--") {
      pattern.lastIndex = findEnd(html, "-->", pattern.lastIndex);
    } else if (slash === "" && SILENT.has(tag.toLowerCase())) {
      pattern.lastIndex = findEnd(html, `</${tag}[^<>]*>`, pattern.lastIndex);
    } else {
      yield match;
    }
  }
}

/** What has no end goes on to the end of everything. */
function findEnd(html: string, end: string, from: number): number {
  const pattern = new RegExp(end, "gi");
  pattern.lastIndex = from;
  return pattern.test(html) ? pattern.lastIndex : html.length;
}

/** Collects lines. Runs of white space are one space, and there is never more than one empty line. */
function openPage() {
  const lines: string[] = [];
  let line = "";

  function breakLine(): void {
    lines.push(
      decodeEntities(line)
        .replace(/[\s\u00a0]+/g, " ")
        .trim(),
    );
    line = "";
  }
  function endLine(): void {
    if (/\S/.test(line)) {
      breakLine();
    }
    line = "";
  }
  return {
    breakLine,
    endLine,
    write(text: string): void {
      line += text;
    },
    endParagraph(): void {
      endLine();
      lines.push("");
    },
    read(): string {
      endLine();
      return lines
        .join("\n")
        .replace(/\n{3,}/g, "\n\n")
        .trim();
    },
  };
}
