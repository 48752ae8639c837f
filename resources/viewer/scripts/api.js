/** The REST API as the page uses it: JSON in, JSON out, problems as errors with a stable code. */

/** Why the server, or the way to it, did not do what was asked. */
export class Problem extends Error {
  /**
   * @param {string} code stable, e.g. `stream.not_found`; `network` when nobody answered
   * @param {string} [detail] words for the person, in their language
   * @param {number} [status]
   */
  constructor(code, detail = "", status = 0) {
    super(detail || code);
    this.code = code;
    this.detail = detail;
    this.status = status;
  }
}

export class Api {
  #language;

  /** @param {() => string} language the language problems are told in */
  constructor(language) {
    this.#language = language;
  }

  /** @param {string} path below /api/v1 @throws {Problem} */
  get(path) {
    return this.#ask("GET", path);
  }

  /** @param {string} path @param {object} body @throws {Problem} */
  post(path, body) {
    return this.#ask("POST", path, JSON.stringify(body));
  }

  /** @param {string} method @param {string} path @param {string} [body] */
  async #ask(method, path, body) {
    /** @type {Record<string, string>} */
    const headers = { "Accept": "application/json", "Accept-Language": this.#language() };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let answer;
    let content;
    try {
      answer = await fetch(`/api/v1${path}`, { method, headers, body, signal: AbortSignal.timeout(10_000) });
      content = await answer.json();
    } catch {
      throw new Problem("network");
    }
    if (answer.ok) return content;
    throw new Problem(String(content.code ?? "unknown"), String(content.detail ?? ""), answer.status);
  }
}

/**
 * Media of our own, by the path on this very origin (the server may know itself under another name than the person's
 * browser does); null for anything else, which the page does not load.
 * @param {string | null | undefined} url
 */
export function ownPath(url) {
  if (!url) return null;
  let address;
  try {
    address = new URL(url, location.href);
  } catch {
    return null;
  }
  if (!["http:", "https:"].includes(address.protocol)) return null;
  const isOurs = address.origin === location.origin || /^\/(media|live)\//.test(address.pathname);
  return isOurs ? address.pathname + address.search : null;
}
