/** One page of a list. */
export interface Page<Row> {
  readonly data: Row[];
  /** Null where the list ends. */
  readonly next_cursor: string | null;
}

/** A list that was asked for: awaited it is one page, and in a `for await` every row of all pages. */
export interface Listing<Row> extends Promise<Page<Row>>, AsyncIterable<Row> {}

/** Asks for the first page at once, and for each further one when its rows are wanted. */
export function openListing<Row>(askForPage: (cursor?: string) => Promise<Page<Row>>): Listing<Row> {
  const first = askForPage();
  return Object.assign(first, {
    async *[Symbol.asyncIterator]() {
      let page = await first;
      yield* page.data;
      while (page.next_cursor !== null) {
        page = await askForPage(page.next_cursor);
        yield* page.data;
      }
    },
  });
}
