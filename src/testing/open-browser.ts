/** What a browser shows. */
export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
}

/** As much of a browser as forms and redirects need: it keeps cookies, and says where its requests come from. */
export class Browser {
  readonly #cookies = new Map<string, string>();

  open(url: string | URL): Promise<Page> {
    return this.#request(new URL(url), "none", {});
  }

  /** Opens the page's first link. */
  follow({ url, html }: Page): Promise<Page> {
    const [, target = ""] = /<a href="([^"]+)"/.exec(html) ?? [];
    return this.open(new URL(target.replaceAll("&#38;", "&"), url));
  }

  /** Sends the page's first form, as it stands but for these fields. */
  submit({ url, html }: Page, fields: Readonly<Record<string, string>> = {}): Promise<Page> {
    const [, attributes = "", inside = ""] = /<form([^>]*)>(.*?)<\/form>/s.exec(html) ?? [];
    const hidden = [...inside.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(
      ([, name = "", value = ""]) => [name, value.replaceAll("&amp;", "&")] as const,
    );
    const [, action = ""] = /action="([^"]*)"/.exec(attributes) ?? [];
    const body = new URLSearchParams({ ...Object.fromEntries(hidden), ...fields });
    return this.#request(new URL(action === "" ? url : action, url), "same-origin", { method: "POST", body });
  }

  async #request(url: URL, site: string, init: RequestInit): Promise<Page> {
    const answer = await fetch(url, { ...init, redirect: "manual", headers: this.#headers(url, site) });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      this.#cookies.set(`${url.origin} ${name}`, value);
    }
    const location = answer.headers.get("location");
    if (location === null) return { url, status: answer.status, headers: answer.headers, html: await answer.text() };
    await answer.body?.cancel();
    return this.#request(new URL(location, url), "cross-site", {});
  }

  #headers(url: URL, site: string): Record<string, string> {
    const own = [...this.#cookies].filter(([key]) => key.startsWith(`${url.origin} `));
    const cookie = own.map(([key, value]) => `${key.slice(url.origin.length + 1)}=${value}`).join("; ");
    return { cookie, "sec-fetch-site": site, ...(site === "same-origin" && { origin: url.origin }) };
  }
}
