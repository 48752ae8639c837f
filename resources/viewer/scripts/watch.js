/** One show: the composition root of the watch page. Creates the parts, connects them, and starts them. */

import Hls from "../vendor/hls.mjs";
import { io } from "../vendor/socket.io.mjs";
import { Api } from "./api.js";
import { Guest } from "./guest.js";
import { LiveConnection } from "./live-connection.js";
import { LivePlayer } from "./live-player.js";
import "./parts/chat-panel.js";
import "./parts/guest-dialog.js";
import "./parts/language-switch.js";
import "./parts/product-card.js";
import { explain } from "./problem-words.js";
import { Texts, wantedLanguage } from "./texts.js";
import { WatchPage } from "./watch-page.js";

const streamId = decodeURIComponent(location.pathname.split("/").filter(Boolean).at(-1) ?? "");
const texts = new Texts();
const api = new Api(() => texts.language);
const guest = new Guest(api);
const part = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));

await texts.use(wantedLanguage());

const player = new LivePlayer({ Hls, video: part("video"), url: `/live/${encodeURIComponent(streamId)}/index.m3u8` });
const connection = new LiveConnection({ io, streamId, guest, language: () => texts.language });
const page = new WatchPage({ texts, api, guest, player, connection, streamId });

for (const element of document.querySelectorAll("language-switch")) /** @type {any} */ (element).connect(texts);
part("card").connect(texts);
part("guest").connect(texts, guest, explain);
part("chat").connect(texts, { author: () => page.author(), send: page.send, explain });

// For measuring from outside: the delay of the picture by the server's clock, and the player itself.
/** @type {any} */ (window).gshop = {
  player,
  connection,
  get latencyMs() {
    return player.playheadMs === null ? null : page.serverNow() - player.playheadMs;
  },
};

page.begin();
