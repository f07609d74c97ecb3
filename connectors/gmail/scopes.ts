const scope = (name: string) => `https://www.googleapis.com/auth/gmail.${name}`;

export const READ = scope("readonly");
export const COMPOSE = scope("compose");
export const SEND = scope("send");
export const LABELS = scope("labels");

/** Covers all the others. */
export const MODIFY = scope("modify");
