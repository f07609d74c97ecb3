import packageJson from "../package.json" with { type: "json" };

/** This Patchbay's own version. */
export const VERSION: string = packageJson.version;
