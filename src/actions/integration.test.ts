import { expect, test } from "vitest";
import { Label } from "./integration.ts";

test.each(["work", "Acme (admin)", "mona@acme.example", "日本語", "int_1"])("%j is a label", (label) => {
  expect(Label.safeParse(label).success).toBe(true);
});

test.each(["", " ", " work", "work ", "two\nlines", "\u{1b}[31mred", "int_01m82507hmexrar7ghjewcewg7", "a".repeat(61)])(
  "%j is no label: it would be hard to see, or taken for an id",
  (label) => {
    expect(Label.safeParse(label).success).toBe(false);
  },
);
