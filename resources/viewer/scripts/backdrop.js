/** The blurred copy of the picture behind it, and, when the player starts over, its last frame in its place. */

const EVERY_MS = 1_000;
const SMALL_PX = 48;

export class Backdrop {
  #video;
  #canvas;
  /** @type {number | undefined} */
  #timer;

  /** @param {HTMLVideoElement} video @param {HTMLCanvasElement} canvas */
  constructor(video, canvas) {
    this.#video = video;
    this.#canvas = canvas;
    video.addEventListener("resize", () => this.#showShape());
  }

  start() {
    clearInterval(this.#timer);
    this.#canvas.classList.remove("is-last-frame");
    this.#draw(SMALL_PX);
    this.#timer = setInterval(() => document.hidden || this.#draw(SMALL_PX), EVERY_MS);
  }

  /** Call before the player lets go of its media. */
  holdLast() {
    clearInterval(this.#timer);
    if (this.#video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    this.#draw(this.#video.videoHeight);
    this.#canvas.classList.add("is-last-frame");
  }

  /** @param {number} height */
  #draw(height) {
    const { videoWidth, videoHeight, readyState } = this.#video;
    if (readyState < HTMLMediaElement.HAVE_CURRENT_DATA || videoHeight === 0) return;
    this.#canvas.height = height;
    this.#canvas.width = Math.round((height * videoWidth) / videoHeight);
    this.#canvas.getContext("2d")?.drawImage(this.#video, 0, 0, this.#canvas.width, this.#canvas.height);
  }

  #showShape() {
    const { videoWidth, videoHeight } = this.#video;
    const isUpright = videoHeight > videoWidth;
    document.body.classList.toggle("has-upright-picture", isUpright);
  }
}
