import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { openTestApi } from "#testing";
import { PROBLEM_CODES } from "../http/problem.ts";
import { REST_ROUTES } from "./routes.ts";
import { STREAMS } from "./streams.ts";

async function fetchDocs() {
  const { url } = await openTestApi();
  const answer = await fetch(`${url}/docs`);
  return { headers: answer.headers, page: await answer.text() };
}

test("the reference shows every route, and describes every problem where its type points", async () => {
  const { page } = await fetchDocs();

  const missing = [
    ...[...REST_ROUTES, ...STREAMS].filter(
      ({ name, path }) => !page.includes(`id="${name}"`) || !page.includes(`<code>${path}</code>`),
    ),
    ...PROBLEM_CODES.filter((code) => !page.includes(`<dt id="${code}">`)),
  ];
  expect(missing).toEqual([]);
});

test("each anchor is there once, and every link within the page leads to one", async () => {
  const { page } = await fetchDocs();

  const anchors = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);

  expect(new Set(anchors).size).toBe(anchors.length);
  expect(links.filter((id) => !anchors.includes(id))).toEqual([]);
});

test("the page loads nothing and runs nothing, and its policy allows its one style only", async () => {
  const { headers, page } = await fetchDocs();

  const [, style = ""] = /<style>([^]*?)<\/style>/.exec(page) ?? [];
  const hash = createHash("sha256").update(style).digest("base64");
  expect(headers.get("content-security-policy")).toContain(`default-src 'none'; style-src 'sha256-${hash}'`);
  expect(page).not.toMatch(/<script|<link|<img|<iframe|\son\w+=|\sstyle=|@import|url\(/i);
  expect(style).toMatch(/color-scheme: light dark/);
  expect(page).toContain('<meta name="viewport"');
});

test("what the reference shows is text, whatever it is made of", async () => {
  const { page } = await fetchDocs();

  expect(page).toContain("A profile&#39;s key");
  expect(page).toContain("curl -X POST &#34;");
  expect(page).toContain("-d &#39;{&#34;name&#34;:&#34;…&#34;}&#39;");
});
