/** Making elements. Text is only ever set as text: what people write is never read as HTML. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {string} [className]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function make(name, className = "", ...children) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** @param {string} name of a symbol of icons.svg */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  setIcon(use, name);
  svg.append(use);
  return svg;
}

/** @param {Element} use @param {string} name */
export function setIcon(use, name) {
  const address = `/assets/icons.svg#${name}`;
  if (use.getAttribute("href") !== address) use.setAttribute("href", address);
}

/** A steady one of `count` tones for a name or an id. @param {string} of @param {number} count */
export function toneOf(of, count) {
  let sum = 0;
  for (const character of of) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return sum % count;
}

/** The first letter, for where a picture is missing. @param {string} name */
export function initialOf(name) {
  return [...name.trim()][0]?.toLocaleUpperCase() ?? "";
}
