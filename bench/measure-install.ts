import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Measured } from "./budgets.ts";

const ROOT = join(import.meta.dirname, "..");
const ALLOWED_MB = 150;

interface LockFile {
  readonly packages: Readonly<
    Record<string, { readonly dev?: boolean; readonly optional?: boolean; readonly devOptional?: boolean }>
  >;
}

/** What an install without development and optional packages puts on the disk: the built executable and its packages. */
export function measureInstall(): Measured {
  const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as LockFile;
  const needed = Object.entries(packages).filter(
    ([path, { dev = false, optional = false, devOptional = false }]) =>
      path !== "" && !dev && !optional && !devOptional,
  );
  const bytes = [...needed.map(([path]) => path), "dist"].map((path) => sizeOf(join(ROOT, path)));
  return { value: bytes.reduce((sum, size) => sum + size, 0) / 1e6, floor: ALLOWED_MB };
}

/** As `du` counts it: whole blocks. Packages inside packages have a line of their own in the lockfile. */
function sizeOf(folder: string): number {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.name !== "node_modules")
    .map((entry) => {
      const path = join(folder, entry.name);
      return lstatSync(path).blocks * 512 + (entry.isDirectory() ? sizeOf(path) : 0);
    })
    .reduce((sum, size) => sum + size, 0);
}
