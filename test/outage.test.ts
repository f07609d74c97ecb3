import { sql } from "kysely";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { onPostgres, openTestApi } from "#testing";

const AWAY = { status: 503, body: { code: "unavailable", detail: "The database can't be used right now." } };

await onPostgres((makeDatabase) => {
  test("while the database is away requests are told so, and are served again when it is back", async () => {
    const { url } = await makeDatabase();
    const api = await openTestApi({ env: { PATCHBAY_DATABASE_URL: url } });
    const elsewhere = new URL("postgres", url);
    const admin = new pg.Client({ connectionString: elsewhere.href });
    await admin.connect();
    onTestFinished(() => admin.end());
    const name = new URL(url).pathname.slice(1);
    const list = () => api.send("GET /profiles");
    const before = await list();

    await admin.query(`alter database ${name} allow_connections false`);
    await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [name]);
    const answers = [await list(), await list()];
    await admin.query(`alter database ${name} allow_connections true`);

    expect(before.status).toBe(200);
    expect(answers).toMatchObject([AWAY, AWAY]);
    expect((await list()).status).toBe(200);
  });
});

test("while the disk is full what would be written is refused with that, and what is read is not", async () => {
  const api = await openTestApi();
  const { db } = api.hub.hub.store;
  await sql.raw("pragma max_page_count = 1").execute(db);

  const names = Array.from({ length: 200 }, (_, index) => `profile-${index}`);
  const answers = await Promise.all(names.map((name) => api.send("POST /profiles", { body: { name } })));

  const refused = answers.filter(({ status }) => status !== 201);
  expect(refused.length).toBeGreaterThan(10);
  expect(refused).toMatchObject(refused.map(() => AWAY));
  expect((await api.send("GET /profiles")).status).toBe(200);
});
