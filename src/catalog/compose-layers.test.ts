import { expect, test } from "vitest";
import { makeConnector } from "#testing";
import type { Connector } from "#connector";
import { composeLayers, writeDockerfile } from "./compose-layers.ts";
import { openCatalog } from "./open-catalog.ts";

const layer = (name: string, ...dockerfile: string[]) => ({ name, dockerfile });

/** A catalog of connectors by their ids. */
function arrange(parts: Readonly<Record<string, Partial<Connector>>>) {
  const loaders = Object.entries(parts).map(([id, part]) => [
    id,
    () => Promise.resolve({ default: makeConnector({ id, ...part }) }),
  ]);
  return openCatalog([], Object.fromEntries(loaders));
}

test("what a connector depends on comes before it, asked for or not, and else they come by name", async () => {
  const catalog = await arrange({
    base: { layers: [layer("Base", "RUN base")] },
    sheets: { dependsOn: ["base"], layers: [layer("Sheets", "RUN sheets")] },
    audio: { dependsOn: ["sheets"], layers: [layer("Audio", "RUN audio")] },
    zip: { layers: [layer("Zip", "RUN zip"), layer("More", "ENV ZIP=1", "RUN more")] },
    other: { layers: [layer("Other", "RUN other")] },
  });

  const layers = await composeLayers(catalog, ["zip", "audio"]);

  expect(layers.map(({ service, name }) => `${service}: ${name}`)).toEqual([
    "base: Base",
    "sheets: Sheets",
    "audio: Audio",
    "zip: Zip",
    "zip: More",
  ]);
});

test("equal instructions come once, however they are called", async () => {
  const catalog = await arrange({
    one: { layers: [layer("Git", "RUN git"), layer("Own", "RUN one")] },
    two: { layers: [layer("Git client", "RUN git"), layer("Own", "RUN two")] },
  });

  const layers = await composeLayers(catalog, ["two", "one", "one"]);

  expect(layers.map(({ service, name }) => `${service}: ${name}`)).toEqual(["one: Git", "one: Own", "two: Own"]);
});

test("connectors that depend on each other, or on one that is not there, come all the same", async () => {
  const catalog = await arrange({
    one: { dependsOn: ["two", "gone"], layers: [layer("One", "RUN one")] },
    two: { dependsOn: ["one"], layers: [layer("Two", "RUN two")] },
  });

  const layers = await composeLayers(catalog, ["one", "gone"]);

  expect(layers.map(({ name }) => name)).toEqual(["Two", "One"]);
});

test("layers are written as a Dockerfile's lines, each under its name", () => {
  const written = writeDockerfile([
    { service: "zip", ...layer("Zip", "ENV ZIP=1", "RUN zip") },
    { service: "git", ...layer("Git", "RUN git") },
  ]);

  expect(written).toBe("# Zip (zip)\nENV ZIP=1\nRUN zip\n\n# Git (git)\nRUN git");
});

test("of no services there are no layers, and nothing is written", async () => {
  const catalog = await arrange({});

  expect(writeDockerfile(await composeLayers(catalog, []))).toBe("");
});
