/** What a show is to its viewer: one phase, from what the server says. Pure. */

/** @typedef {"loading" | "startingSoon" | "waiting" | "live" | "interrupted" | "ended" | "cancelled" | "notFound" | "private" | "unreachable"} PhaseName */

const NOT_THERE = new Set(["stream.not_found", "request.not_found", "request.invalid"]);
const NOT_FOR_US = new Set(["stream.private", "auth.forbidden"]);

/**
 * @typedef {object} Known
 * @property {{status: string, isReceiving: boolean} | null} stream as REST and the snapshot tell it
 * @property {string | null} problem code of why there is none
 * @property {boolean} hadMedia whether media arrived while we were here
 */

/**
 * @param {Known} known
 * @returns {PhaseName}
 */
export function phaseOf({ stream, problem, hadMedia }) {
  if (stream === null) {
    if (problem === null) return "loading";
    if (NOT_THERE.has(problem)) return "notFound";
    return NOT_FOR_US.has(problem) ? "private" : "unreachable";
  }
  switch (stream.status) {
    case "scheduled":
      return "startingSoon";
    case "ended":
      return "ended";
    case "cancelled":
      return "cancelled";
    default:
      if (stream.isReceiving) return "live";
      return hadMedia ? "interrupted" : "waiting";
  }
}

/** Phases after which nothing comes any more. @param {PhaseName} phase */
export function isFinal(phase) {
  return ["ended", "cancelled", "notFound"].includes(phase);
}

/** Phases in which there may be a picture. @param {PhaseName} phase */
export function mayPlay(phase) {
  return phase === "live" || phase === "interrupted";
}

/** Problems that will not pass by themselves. @param {string} code */
export function isLasting(code) {
  return NOT_THERE.has(code) || NOT_FOR_US.has(code);
}
