/** What holds for every route: it stands at the top of the reference, and in the API's description. */
export function writeGuide(requestsPerMinute: number): readonly { readonly title: string; readonly text: string }[] {
  return [
    {
      title: "Keys",
      text:
        "Send a key as “Authorization: Bearer pb_live_…”. The owner's keys reach the whole workspace, as far as their scopes " +
        "allow; a scope to write includes the one to read. A profile's key reaches what is that profile's: its grants, " +
        "requests, approvals, tools and notifications. To it, everything else does not exist. Keys that begin with pb_test_ " +
        "live in a world of their own.",
    },
    {
      title: "Requests",
      text:
        "GET and DELETE take their fields in the query, all others as a JSON object. Unknown fields are refused. An " +
        "integration can be named by its id (int_…), by its service where that is unambiguous (github), or by service and " +
        "label (github:work); a profile by its id (prof_…) or its name.",
    },
    {
      title: "Answers",
      text:
        "A success is { data: … }. Lists come in pages of at most 200: { data: […], next_cursor: … }. Give next_cursor as " +
        "cursor for the next page; it is null where the list ends. Times are ISO 8601 in UTC. Where 204 says no more than that " +
        "it was done, Prefer: return=representation is answered 200, with what was done.",
    },
    {
      title: "The proxy",
      text:
        "ANY /v1/proxy/{integration}/{path} calls a service's own API with its credential, by any method; bodies stream both " +
        "ways. It takes a key with the scope proxy: a profile's, or an owner's with the header Patchbay-Profile. What the " +
        "service answered has the header Patchbay-Integration, everything else is the hub's. A call that waits for an owner " +
        "is answered 202; made again once it is approved, it passes.",
    },
    {
      title: "Repeating a request",
      text:
        "A POST with an Idempotency-Key runs once. Sent again within a day by the same key, it is given the first answer, " +
        "with Idempotent-Replayed: true. The same Idempotency-Key with another request is refused, as is a repetition while " +
        "the first is still running. A call that waits for approval uses no Idempotency-Key up. A new key is shown in the " +
        "first answer only.",
    },
    {
      title: "Limits",
      text:
        `A key may make ${requestsPerMinute} requests a minute. The RateLimit header says how many are left (r) and in how ` +
        "many seconds all are again (t). Whoever makes more is answered 429, with Retry-After.",
    },
  ];
}
