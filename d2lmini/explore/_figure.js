// What every explorable is made of: elements, numbers as words, ticks. No state, no layout.

/**
 * Make an element; `on…` attributes are listeners, strings become text.
 * @param {string} tag an HTML tag, or one of SVG with the prefix "svg:"
 * @param {Object<string, any>} [attributes]
 * @param {...(Node|string)} children
 * @returns {any}
 */
export function make(tag, attributes = {}, ...children) {
  const name = tag.replace("svg:", "");
  const element = name === tag ? document.createElement(tag) : document.createElementNS("http://www.w3.org/2000/svg", name);
  set(element, attributes);
  element.append(...children);
  return element;
}

/**
 * What attributes of elements were set to. To ask all elements of a picture, of which few attributes
 * change, takes half as long as to set those.
 * @type {WeakMap<Element, Map<string, any>>}
 */
const present = new WeakMap();

/**
 * Set attributes, listeners included. What is there already is left alone: to set an attribute
 * again costs a browser as much as to change it. Whoever sets one here sets it nowhere else.
 * @param {Element} element
 * @param {Object<string, any>} attributes
 */
export function set(element, attributes) {
  let known = present.get(element);
  if (!known) present.set(element, known = new Map());
  for (const key in attributes) {
    const value = attributes[key];
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (known.get(key) !== value) {
      known.set(key, value);
      element.setAttribute(key, value);
    }
  }
}

/**
 * Put a text into an element that holds nothing else, or only a sign before its text, unless it is
 * there already.
 * @param {Element} element
 * @param {string} text
 */
export function write(element, text) {
  const node = /** @type {Text | null} */ (element.lastChild);
  if (!node) element.append(text);
  else if (node.data !== text) node.data = text;
}

/** Set a property of an element's style, unless it is so already. */
export function dress(/** @type {HTMLElement} */ { style }, /** @type {string} */ name, /** @type {string} */ value) {
  if (style.getPropertyValue(name) !== value) style.setProperty(name, value);
}

/**
 * Pixels to a tenth, for the texts of paths; toFixed takes several times as long.
 * @param {number} value
 * @returns {number}
 */
export const tenth = (value) => Math.round(value * 10) / 10;

/** @type {string[]} */
const tenths = new Array(2e4);

/**
 * Pixels to a tenth as text. A picture has thousands of them, to write a number takes long, and
 * there are few different ones: each is written once.
 * @param {number} value
 * @returns {string}
 */
export function digits(value) {
  const n = Math.round(value * 10);
  return n >= 0 && n < tenths.length ? (tenths[n] ??= String(n / 10)) : String(n / 10);
}

/**
 * Put values in the places of a label: "step {n}" with {n: 3} is "step 3".
 * @param {string} text
 * @param {Object<string, any>} values
 * @returns {string}
 */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, key) => values[key] ?? all);

const formats = new Map();

/**
 * A number as the notebook's cells print it: a decimal point in every language, no grouping.
 * @param {number} value
 * @param {Intl.NumberFormatOptions} [options]
 * @returns {string}
 */
export function num(value, options = { maximumSignificantDigits: 3 }) {
  const size = Math.abs(value);
  const wide = size !== 0 && (size < 1e-3 || size >= 1e6);
  const chosen = wide ? { notation: "scientific", minimumFractionDigits: 1, maximumFractionDigits: 1 } : options;
  const key = JSON.stringify(chosen);
  // @ts-ignore (the notation is one of Intl's)
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat("en-US", { useGrouping: false, ...chosen }));
  return formats.get(key).format(value).replace("E", "e").replaceAll("-", "−");
}

/**
 * A number rounded to some digits, never −0.00 nor 4e−4; a dash for what is none.
 * @param {number} value
 * @param {number} [digits]
 * @returns {string}
 */
export const rounded = (value, digits = 2) =>
  (Number.isFinite(value) ? num(Math.round(value * 10 ** digits) / 10 ** digits + 0, fixed(digits)) : "–");

/**
 * Put a mark in its place, or hide it.
 * @param {Element} mark
 * @param {number[] | false} at in pixels
 */
export const move = (mark, at) =>
  set(mark, at ? { visibility: "visible", transform: shifted(at) } : { visibility: "hidden" });

/**
 * The transform that brings a mark to its place.
 * @param {number[]} at in pixels
 * @returns {string}
 */
export const shifted = ([x, y]) => `translate(${tenth(x)} ${tenth(y)})`;

export const fixed = (/** @type {number} */ digits) => ({ minimumFractionDigits: digits, maximumFractionDigits: digits });
export const clamp = (/** @type {number} */ v, /** @type {number} */ low, /** @type {number} */ high) => Math.min(high, Math.max(low, v));

/**
 * Round ticks of [low, high], at most `most` steps apart.
 * @param {number} low
 * @param {number} high
 * @param {number} most
 * @returns {number[]}
 */
export function ticks(low, high, most) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((m) => m * power >= rough) ?? 10) * power;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
}

/**
 * A line that is thin and grey unless its look says otherwise.
 * @param {Object<string, any>} [look]
 * @returns {SVGElement}
 */
export const stroke = (look = {}) => make("svg:path", { fill: "none", stroke: "var(--muted)", ...look });

/**
 * f(0), …, f(count − 1).
 * @template R
 * @param {number} count
 * @param {(i: number) => R} f
 * @returns {R[]}
 */
export const times = (count, f) => Array.from({ length: count }, (_, i) => f(i));

/**
 * A function that gives its last result again while it is called with the same arguments.
 * @template R
 * @param {(...args: any[]) => R} work
 * @returns {(...args: any[]) => R}
 */
export function memo(work) {
  let known = "";
  /** @type {R} */
  let result;
  return (...args) => (known === (known = String(args)) ? result : (result = work(...args)));
}

/** How the lines of the methods are broken: colour is never the only difference. */
export const DASHES = { gd: "5 4", momentum: "none", nesterov: "1 4" };

/**
 * Sentences one after another; Chinese has no space between them.
 * @param {...string} texts
 * @returns {string}
 */
export const prose = (...texts) => texts.filter(Boolean).join(" ").replaceAll("。 ", "。");

/**
 * A line sample for a legend.
 * @param {string} colour
 * @param {string} [dash]
 * @returns {SVGElement}
 */
export function swatch(colour, dash = "none") {
  return make("svg:svg", { class: "swatch", width: 22, height: 8, "aria-hidden": "true" },
    make("svg:path", { d: "M2 4H20", stroke: colour, "stroke-width": 2.5, "stroke-linecap": "round", "stroke-dasharray": dash }));
}

/**
 * A dot for a heading.
 * @param {string} colour
 * @returns {SVGElement}
 */
export function bullet(colour) {
  return make("svg:svg", { class: "swatch", width: 10, height: 10, "aria-hidden": "true" }, make("svg:circle", { cx: 5, cy: 5, r: 5, fill: colour }));
}
