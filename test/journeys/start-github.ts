import { createEmulator } from "emulate";
import { afterAll } from "vitest";

/** The token of the one user that the emulator knows. */
export const GITHUB_TOKEN = "ghp_sentinel0123456789";

/** GitHub as others have written it, with a repository `octo/app`; it runs until the file's tests have ended. */
export async function startGithub() {
  const github = await createEmulator({
    service: "github",
    port: 0,
    seed: {
      tokens: { [GITHUB_TOKEN]: { login: "octo", scopes: ["repo", "user"] } },
      github: {
        users: [{ login: "octo", name: "Octo Cat" }],
        repos: [{ owner: "octo", name: "app", auto_init: true }],
      },
    },
  });
  afterAll(() => github.close());
  return github;
}
