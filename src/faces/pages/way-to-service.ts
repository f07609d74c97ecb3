import { markup } from "./markup.ts";
import { showPage } from "./page.ts";

/**
 * Sends the browser on to a service's page.
 *
 * Not by a redirect: browsers hold what a form leads to against the page's `form-action`, wherever the service redirects.
 */
export function showWayToService(service: string, url: string): Response {
  const page = showPage({
    title: `On to ${service}`,
    body: markup`<p><a href="${url}" rel="noreferrer">Go on to ${service}</a>, allow access there, and confirm here.</p>`,
  });
  page.headers.set("refresh", `0; url=${url}`);
  return page;
}
