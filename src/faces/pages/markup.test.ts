import { expect, test } from "vitest";
import { markup } from "./markup.ts";

test("everything that is put in is escaped, in text and in attributes", () => {
  const said = `<img src=x onerror="alert('1')"> & more`;

  expect(markup`<p title="${said}">${said}</p>`.text).not.toMatch(/<img|"alert|'1'| & /);
  expect(markup`${said}`.text).toBe("&#60;img src=x onerror=&#34;alert(&#39;1&#39;)&#34;&#62; &#38; more");
});

test("markup is put in as it is, and nothing where there is none", () => {
  const items = ["<a>", "b"].map((item) => markup`<li>${item}</li>`);

  expect(markup`<ul>${items}</ul>${undefined}${7}`.text).toBe("<ul><li>&#60;a&#62;</li><li>b</li></ul>7");
});
