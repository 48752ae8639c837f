/** The product the seller shows now: slides in, keeps itself up to date, slides out. */

import { ownPath } from "../api.js";
import { formatMoney, savingPercent } from "../money.js";
import { icon, make } from "./elements.js";

const FEW = 5;

export class ProductCard extends HTMLElement {
  /** @type {import("../texts.js").Texts} */
  #texts;
  /** @type {any} */
  #product = null;
  #picture = make("div", "card-picture");
  #name = make("p", "card-name");
  #price = make("span", "card-price");
  #oldPriceWords = make("span", "for-readers");
  #oldPrice = make("s", "card-old-price");
  #saving = make("span", "card-saving");
  #stock = make("p", "card-stock");
  #body = make("div", "card-body");

  /** @param {import("../texts.js").Texts} texts */
  connect(texts) {
    this.#texts = texts;
    const prices = make("p", "card-prices", this.#price, this.#oldPriceWords, this.#oldPrice, this.#saving);
    this.#body.append(this.#picture, make("div", "card-words", this.#name, prices, this.#stock));
    this.#body.hidden = true;
    this.append(this.#body);
    texts.addEventListener("change", () => this.#product && this.#write());
  }

  /** The catalogue id of what is shown, or null. */
  get productId() {
    return this.#product?.id ?? null;
  }

  /** @param {any} product `CardProduct` */
  show(product) {
    const isAnother = product.id !== this.productId;
    this.#product = product;
    if (isAnother) this.#drawPicture(product.imageUrl);
    this.#write();
    this.#body.hidden = false;
    this.classList.add("is-shown");
    if (isAnother) this.#slideIn();
  }

  /** Hide it, or only if it is this product. @param {string} [productId] */
  hide(productId) {
    if (this.#product === null || (productId !== undefined && productId !== this.productId)) return;
    this.#product = null;
    this.classList.remove("is-shown");
    this.#body.hidden = true;
  }

  /** New numbers of the product that is shown. @param {any} product `CardProduct` */
  update(product) {
    if (product.id === this.productId) this.show(product);
  }

  #write() {
    const texts = this.#texts;
    const { name, price, livePrice, currency, stock } = this.#product;
    const saving = savingPercent(price, livePrice);
    const hasOldPrice = livePrice != null && livePrice < price;
    this.#name.textContent = name;
    this.#price.textContent = formatMoney(hasOldPrice ? livePrice : price, currency, texts.locale);
    this.#oldPrice.hidden = !hasOldPrice;
    this.#oldPriceWords.hidden = !hasOldPrice;
    this.#oldPrice.textContent = formatMoney(price, currency, texts.locale);
    texts.say(this.#oldPriceWords, "card.before");
    this.#saving.hidden = saving === 0;
    this.#saving.textContent = `−${saving}%`;
    this.#stock.className = `card-stock ${stock === 0 ? "is-out" : stock <= FEW ? "is-few" : ""}`;
    if (stock === 0) texts.say(this.#stock, "card.soldOut");
    else if (stock <= FEW) texts.say(this.#stock, "card.onlyLeft", { n: stock });
    else texts.say(this.#stock, "card.left", { n: stock });
  }

  /** @param {string | null} url */
  #drawPicture(url) {
    const path = ownPath(url);
    const placeholder = icon("bag");
    this.#picture.replaceChildren(placeholder);
    if (path === null) return;
    const image = make("img");
    image.alt = "";
    image.decoding = "async";
    image.addEventListener("load", () => placeholder.remove());
    image.addEventListener("error", () => image.remove());
    image.src = path;
    this.#picture.append(image);
  }

  #slideIn() {
    this.#body.classList.remove("slides-in");
    this.#body.getBoundingClientRect(); // lets the same animation start again for the next product
    this.#body.classList.add("slides-in");
  }
}

customElements.define("product-card", ProductCard);
