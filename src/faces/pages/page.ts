import { hash } from "node:crypto";
import type { HubError } from "../../errors.ts";
import { Markup, markup } from "./markup.ts";

const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, CanvasText 18%, Canvas); --soft: color-mix(in srgb, CanvasText 6%, Canvas); }
* { box-sizing: border-box; }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; background: Canvas; color: CanvasText; }
main { max-width: 42rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
header { color: GrayText; font-size: .875rem; }
h1 { font-size: 1.375rem; line-height: 1.25; margin: .25rem 0 1rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0 0 1rem; }
dt { color: GrayText; }
dd { margin: 0; overflow-wrap: anywhere; }
pre, code { font: .875rem/1.5 ui-monospace, monospace; background: var(--soft); border-radius: .375rem; }
pre { padding: .75rem; border: 1px solid var(--line); white-space: pre-wrap; overflow-wrap: anywhere; margin: 0 0 1rem; }
code { padding: .125rem .375rem; overflow-wrap: anywhere; }
ul { padding-left: 1.25rem; }
label { display: flex; gap: .625rem; align-items: start; margin: 0 0 1rem; }
label.field { display: block; }
input[type=checkbox] { width: 1.25rem; height: 1.25rem; margin: .125rem 0 0; flex: none; }
input[type=text], select { width: 100%; font: inherit; padding: .625rem; border: 1px solid var(--line); border-radius: .5rem; background: Canvas; color: CanvasText; }
form { margin: 0 0 1.5rem; }
.buttons { display: flex; flex-wrap: wrap; gap: .75rem; }
button { flex: 1 1 9rem; min-height: 3rem; font: inherit; font-weight: 600; border-radius: .5rem; border: 1px solid var(--line); background: var(--soft); color: CanvasText; cursor: pointer; }
button.yes { background: #1a7f37; border-color: #1a7f37; color: #fff; }
button.no { color: light-dark(#b3261e, #ff8a80); }
.warning { color: light-dark(#b3261e, #ff8a80); }
`;

const SECURITY = {
  "content-security-policy": [
    "default-src 'none'",
    `style-src 'sha256-${hash("sha256", STYLE, "base64")}'`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "cache-control": "no-store",
  "cross-origin-opener-policy": "same-origin",
  // An address may hold a token. With `no-referrer`, browsers would send the page's own form without an origin.
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "x-robots-tag": "noindex",
};

interface Page {
  readonly title: string;
  readonly body: Markup;
  /** HTTP status; 200 when absent. */
  readonly status?: number;
}

/** A page for people, which loads nothing, runs no script and can't be framed. */
export function showPage({ title, body, status = 200 }: Page): Response {
  const page = markup`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Patchbay</title>
<style>${new Markup(STYLE)}</style>
<main>
<header>Patchbay</header>
<h1>${title}</h1>
${body}
</main>
</html>
`;
  return new Response(page.text, { status, headers: { "content-type": "text/html; charset=utf-8", ...SECURITY } });
}

/** A time as people read it. */
export function showTime(iso: string): string {
  return `${iso.slice(0, 16).replace("T", " ")} UTC`;
}

/** Says what went wrong, and what to do about it. */
export function showError({ message, hint, status }: HubError): Response {
  return showPage({ title: message, body: markup`<p>${hint}</p>`, status });
}
