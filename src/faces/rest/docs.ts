import { createHash } from "node:crypto";
import { ERROR_CODES, type ErrorCode } from "../../errors.ts";
import { PROBLEM_CODES, PROBLEMS } from "../http/problem.ts";
import { DOCS_STYLE } from "./docs-style.ts";
import { Markup, markup } from "../pages/markup.ts";
import { writeGuide } from "./guide.ts";
import type { ApiDescription, ApiOperation, ApiParameter, JsonSchema } from "./openapi.ts";
import { exampleOf, listRows, type SchemaRow } from "./schema-rows.ts";

const styleHash = createHash("sha256").update(DOCS_STYLE).digest("base64");

/** The page may show its own style and do nothing else. */
export const DOCS_HEADERS = {
  "content-security-policy": `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** The API's description as a page for people. */
export function renderDocs(api: ApiDescription, requestsPerMinute: number): Markup {
  const guide = writeGuide(requestsPerMinute);
  return markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${api.info.title} API</title>
        ${new Markup(`<style>${DOCS_STYLE}</style>`)}
      </head>
      <body>
        <nav aria-label="Contents">
          <details open>
            <summary>${api.info.title} ${api.info.version}</summary>
            <ul>
              ${[...guide.map(({ title }) => title), "Problems"].map((title) => renderLink(anchorOf(title), title))}
            </ul>
            <ul>
              ${api.tags.map(({ name }) => renderLink(name, name))}
            </ul>
          </details>
        </nav>
        <main>
          <h1>${api.info.title} API</h1>
          <p>
            Everything below is also at <a href="v1/openapi.json">openapi.json</a>, for programs. Addresses begin with
            <code>${api.servers[0]?.url}</code>.
          </p>
          ${guide.map(
            ({ title, text }) =>
              markup`<h2 id="${anchorOf(title)}">${title}</h2>
                <p>${text}</p>`,
          )}
          ${renderProblems()} ${api.tags.map(({ name }) => renderTag(api, name))}
        </main>
      </body>
    </html>`;
}

function renderLink(anchor: string, text: string): Markup {
  return markup`<li><a href="#${anchor}">${text}</a></li>`;
}

function anchorOf(title: string): string {
  return `about-${title.toLowerCase().replaceAll(" ", "-")}`;
}

function renderProblems(): Markup {
  return markup`<h2 id="about-problems">Problems</h2>
    <p>
      What fails is answered as <code>application/problem+json</code> (RFC 9457), with a sentence in
      <code>detail</code>, what to do about it in <code>hint</code>, and one of these in <code>code</code>.
    </p>
    <dl>${PROBLEM_CODES.map(renderProblem)}</dl>`;
}

function renderProblem(code: ErrorCode): Markup {
  const { status, retryable } = ERROR_CODES[code];
  return markup`<dt id="${code}"><code>${code}</code> <i>${status}</i></dt>
    <dd>${PROBLEMS[code]}.${retryable ? " The same request may succeed later." : ""}</dd>`;
}

function renderTag({ paths, components, servers }: ApiDescription, tag: string): Markup {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const url = servers[0]?.url ?? "";
  return markup`<h2 id="${tag}">${tag}</h2>
    ${operations
      .filter(({ operation }) => operation.tags.includes(tag))
      .map(({ path, method, operation }) => renderOperation(url, path, method, operation, components.schemas))}`;
}

type Schemas = Readonly<Record<string, JsonSchema>>;

const TONES: Readonly<Record<string, string>> = { GET: "read", DELETE: "destructive" };

function renderOperation(
  url: string,
  path: string,
  method: string,
  { operationId, summary, description, parameters, requestBody, responses }: ApiOperation,
  schemas: Schemas,
): Markup {
  const body = requestBody?.content["application/json"]?.schema;
  return markup`<article id="${operationId}">
    <h3><b class="${TONES[method] ?? "write"}">${method}</b> <code>${path}</code></h3>
    <p>${summary}</p>
    <p class="soft">${description}</p>
    ${renderRows("Path and query", parameters.filter(isParameter).map(toRow))}
    ${body ? renderRows("Body", listRows(body, schemas)) : undefined}
    <details>
      <summary>Answer and example</summary>
      ${Object.entries(responses).map(([status, response]) => renderAnswer(status, response, schemas))}
      <pre>${writeExample(`${url}${path}`, method, body, schemas)}</pre>
    </details>
  </article>`;
}

/** Failures are references: they are the same everywhere. */
function renderAnswer(status: string, response: ApiOperation["responses"][string], schemas: Schemas): Markup {
  if ("$ref" in response) return markup``;
  const { content, description } = response;
  const schema = content?.["application/json"]?.schema;
  if (schema) return renderRows("Answer", listRows(schema, schemas));
  const kinds = content ? `${Object.keys(content).join(" or ")}. ${description}` : "without a body.";
  return markup`<p class="soft">${status}, ${kinds}</p>`;
}

function isParameter(parameter: ApiOperation["parameters"][number]): parameter is ApiParameter {
  return "name" in parameter;
}

function toRow({ name, required, description = "", schema }: ApiParameter): SchemaRow {
  const [row] = listRows({ type: "object", properties: { [name]: schema } }, {});
  return { name, type: row?.type ?? "", isRequired: required, description };
}

function renderRows(title: string, rows: readonly SchemaRow[]): Markup {
  if (rows.length === 0) return markup``;
  return markup`<h4>${title}</h4>
    <dl>
      ${rows.map(
        ({ name, type, isRequired, description }) =>
          markup`<dt><code>${name}</code> <i>${type}${isRequired ? ", required" : ""}</i></dt>
            ${description === "" ? undefined : markup`<dd>${description}</dd>`}`,
      )}
    </dl>`;
}

function writeExample(url: string, method: string, body: JsonSchema | undefined, schemas: Schemas): string {
  const lines = [
    `curl ${method === "GET" ? "" : `-X ${method} `}"${url}"`,
    '-H "Authorization: Bearer $PATCHBAY_KEY"',
    ...(body ? [`-H "Content-Type: application/json"`, `-d '${JSON.stringify(exampleOf(body, schemas))}'`] : []),
  ];
  return lines.join(" \\\n  ");
}
