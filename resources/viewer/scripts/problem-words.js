/** Problems in the person's words: ours for what we know, the server's own (they come in the language asked for) else. */

import { Problem } from "./api.js";

/** @type {Record<string, string>} */
const KEYS = {
  "network": "problem.network",
  "chat.rate_limited": "problem.tooFast",
  "request.rate_limited": "problem.tooOften",
  "auth.too_many_attempts": "problem.tooOften",
  "stream.not_live": "problem.notLive",
  "stream.over": "problem.notLive",
};

/** @param {unknown} problem @returns {{key: string} | {words: string}} */
export function explain(problem) {
  if (!(problem instanceof Problem)) throw problem;
  const key = KEYS[problem.code];
  if (key !== undefined) return { key };
  return problem.detail ? { words: problem.detail } : { key: "problem.unknown" };
}

/** Codes of a sign-in that is missing, wrong or over. */
export const COME_IN_ANEW = new Set(["auth.required", "auth.bad_token", "auth.token_expired"]);

/** Whether the person has to come in anew. @param {unknown} problem */
export function isAboutIdentity(problem) {
  return problem instanceof Problem && COME_IN_ANEW.has(problem.code);
}
