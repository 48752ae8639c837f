/** Problems in the person's words: ours for what we know, the server's own (they come in the language asked for) else. */

import { Problem } from "./api.js";

/** @type {Record<string, string>} */
const KEYS = {
  "network": "problem.network",
  "chat.rate_limited": "problem.tooFast",
  "rate_limited": "problem.tooOften",
  "stream.not_live": "problem.notLive",
  "chat.closed": "problem.notLive",
};

/** @param {unknown} problem @returns {{key: string} | {words: string}} */
export function explain(problem) {
  if (!(problem instanceof Problem)) throw problem;
  const key = KEYS[problem.code];
  if (key !== undefined) return { key };
  return problem.detail ? { words: problem.detail } : { key: "problem.unknown" };
}

/** Whether the person has to come in anew. @param {unknown} problem */
export function isAboutIdentity(problem) {
  return problem instanceof Problem && (problem.status === 401 || /^(auth|token)\./.test(problem.code));
}
