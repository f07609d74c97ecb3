import { expect, test } from "vitest";
import { renderHtml } from "./render-html.ts";

test.each([
  ["Good   <b>morning</b>,\n  <i>Ana</i>.", "Good morning, Ana."],
  ["<div>one</div><div>two</div>", "one\ntwo"],
  ["<p>one</p>\n\n<p>two<br>three<br/></p>", "one\n\ntwo\nthree"],
  ["<ul><li>one</li><li>two</li></ul>after", "- one\n- two\n\nafter"],
  ["<table><tr><td>a</td><td>1</td></tr><tr><td>b</td><td>2</td></tr></table>", "a 1\nb 2"],
  ["<h1>Title</h1>text", "Title\n\ntext"],
  ["<!DOCTYPE html><html><head><title>t</title><style>p { x: 1 }</style></head><body>text</body></html>", "text"],
  ["a<script>if (1 < 2) { '<p>' }</script>b<!-- <p>c</p> -->d", "abd"],
  ["a<STYLE type='x'>p</STYLE >b", "ab"],
  ["a<!-- never ended <p>b</p>", "a"],
  ["a<style>never ended <p>b</p>", "a"],
  [
    '<a class="x" href="https://example.com/?a=1&amp;b=2">Confirm</a> now',
    "Confirm (https://example.com/?a=1&b=2) now",
  ],
  ["<a href='mailto:ana@example.com'>Ana</a>, <a name=x>here</a>", "Ana, here"],
  [
    "a &lt;b&gt; &amp;amp; &quot;c&quot; &#39;d&#x27; &eacute;&Uuml;&szlig; &mdash; &hellip;",
    "a <b> &amp; \"c\" 'd' éÜß — …",
  ],
  ["a&nbsp;&nbsp;b &unknown; &#0; &#x110000; &#xD800; & c", "a b &unknown; \uFFFD \uFFFD \uFFFD & c"],
  ["1 < 2 and <3 <", "1 < 2 and <3 <"],
  ["a<br><br><br><br>b", "a\n\nb"],
  ["just text", "just text"],
  ["", ""],
])("%j reads %j", (html, text) => {
  expect(renderHtml(html)).toBe(text);
});

test.each(["<", "<a", "<!--", "<style>", "</style", '<a href="', "<p>", "&amp", "&#"])(
  "a million times %j is rendered before anyone could tell",
  (piece) => {
    const rendered = renderHtml(piece.repeat(1_000_000 / piece.length));

    expect(rendered.length).toBeLessThanOrEqual(1_000_000);
  },
);
