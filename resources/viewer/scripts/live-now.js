/** What is live: the composition root of the front page. The list is asked for anew every few seconds. */

import { Api, ownPath } from "./api.js";
import { icon, initialOf, make, toneOf } from "./parts/elements.js";
import "./parts/language-switch.js";
import { explain } from "./problem-words.js";
import { Texts, wantedLanguage } from "./texts.js";

const EVERY_MS = 8_000;
const TONES = 6;

const texts = new Texts();
const api = new Api(() => texts.language);
const part = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @type {Map<string, HTMLElement>} by stream id: a card that stays keeps its place and the focus */
const cards = new Map();

await texts.use(wantedLanguage());
for (const element of document.querySelectorAll("language-switch")) /** @type {any} */ (element).connect(texts);
texts.addEventListener("change", () => {
  document.title = texts.text("live.title");
  refresh();
});
document.title = texts.text("live.title");
document.addEventListener("visibilitychange", () => document.hidden || refresh());
await refresh();
setInterval(() => document.hidden || refresh(), EVERY_MS);

async function refresh() {
  const trouble = part("trouble");
  try {
    const { streams } = await api.get("/live/streams/active?limit=100");
    trouble.hidden = true;
    show(streams);
  } catch (problem) {
    const told = explain(problem);
    if ("key" in told) texts.say(trouble, told.key);
    else trouble.textContent = told.words;
    trouble.hidden = false;
  }
}

/** @param {any[]} streams */
function show(streams) {
  const list = part("shows");
  const ids = new Set(streams.map(({ id }) => id));
  for (const [id, card] of cards) {
    if (ids.has(id)) continue;
    card.remove();
    cards.delete(id);
  }
  streams.forEach((stream, index) => {
    const card = cards.get(stream.id) ?? make("li", "show");
    cards.set(stream.id, card);
    fill(card, stream);
    if (list.children[index] !== card) list.insertBefore(card, list.children[index] ?? null);
  });
  part("empty").hidden = streams.length > 0;
  if (streams.length > 0) texts.say(part("count"), "live.count", { n: streams.length });
  else texts.hush(part("count"));
}

/** @param {HTMLElement} card @param {any} stream */
function fill(card, stream) {
  if (card.firstElementChild === null) card.append(make("a", "show-link"));
  const link = /** @type {HTMLAnchorElement} */ (card.firstElementChild);
  link.href = `/watch/${encodeURIComponent(stream.id)}`;
  const shop = stream.host.displayName;
  const poster = make("div", "show-poster");
  poster.dataset.tone = String(toneOf(stream.id, TONES));
  const path = ownPath(stream.thumbnailUrl);
  if (path === null) poster.append(make("span", "show-initial", initialOf(shop)));
  else {
    const image = make("img");
    image.alt = "";
    image.loading = "lazy";
    image.src = path;
    poster.append(image);
  }
  const mark = make("span", "live-mark");
  texts.say(mark, "watch.live");
  const figure = make("span", "figure", stream.viewerCount.toLocaleString(texts.locale, { notation: "compact" }));
  figure.setAttribute("aria-hidden", "true");
  const words = make("span", "for-readers");
  texts.say(words, "watch.viewers", { n: stream.viewerCount });
  poster.append(make("div", "show-state on-picture", mark, make("span", "viewers", icon("eye"), figure, words)));
  const title = make("h2", "show-name", stream.title);
  link.replaceChildren(poster, make("div", "show-words", title, make("p", "show-shop", shop)));
}
