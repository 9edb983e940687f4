// What stands above and below a picture: ready-made settings, choices, live numbers, headings.
import { bullet, make, set, swatch, write } from "./_figure.js";

/**
 * A button with rounded corners in a target of 44 px.
 * @param {Object<string, any>} attributes
 * @param {string} text
 * @returns {HTMLButtonElement}
 */
export const button = (attributes, text) => make("button", { type: "button", ...attributes }, make("span", {}, text));

/**
 * A row of ready-made settings, the last of which takes everything back to the beginning.
 * @param {any} context
 * @param {{name: string, text: string, values: Object<string, any> | (() => Object<string, any>)}[]} entries
 * @param {string} [hint] what to do with the picture
 * @returns {HTMLElement}
 */
export function presets({ labels, initial, change }, entries, hint = "") {
  const all = [...entries, { name: "reset", text: labels["explore.reset"], values: initial }];
  const bar = make("div", { class: "bar", role: "group", "aria-label": labels["explore.presets"] });
  for (const { name, text, values } of all) {
    bar.append(button({ "data-preset": name, onclick: () => change(typeof values === "function" ? values() : values) }, text));
  }
  if (hint) bar.append(make("span", { class: "end" }, hint));
  return bar;
}

/**
 * Buttons of which exactly one is pressed.
 * @param {{label: string, options: string[][], put: (value: string) => void}} options [value, text] each
 * @returns {{node: HTMLElement, draw: (value: string) => void}}
 */
export function choice({ label, options, put }) {
  const buttons = options.map(([value, text]) => button({ "data-value": value, "aria-pressed": "false", onclick: () => put(value) }, text));
  return {
    node: make("div", { class: "choice", role: "group", "aria-label": label }, make("b", { "aria-hidden": "true" }, label), ...buttons),
    draw(value) { options.forEach(([own], i) => set(buttons[i], { "aria-pressed": own === value })); },
  };
}

/**
 * Live numbers with their names; a name may bring the sign with which the picture shows it.
 * @param {(string|Node|(string|Node)[])[]} names
 * @returns {{node: HTMLElement, draw: (texts: string[]) => void}}
 */
export function facts(names) {
  const values = names.map(() => make("dd"));
  return {
    node: make("dl", {}, ...names.map((name, i) => make("div", {}, make("dt", {}, ...[name].flat()), values[i]))),
    draw(texts) { texts.forEach((text, i) => write(values[i], text)); },
  };
}

/**
 * A table of live numbers, one row of which may be marked; the first cell of a row names it.
 * @param {string} label
 * @param {string[]} columns their headings
 * @param {number} count of rows
 * @param {string[]} [groups] headings, each above the same number of columns
 * @returns {{node: HTMLTableElement, draw: (texts: string[][], marked?: number) => void}} rows
 *   without texts are hidden
 */
export function table(label, columns, count, groups = []) {
  const line = (/** @type {any[]} */ ...cells) => make("tr", {}, ...cells);
  const top = (/** @type {string} */ name, /** @type {Object<string, any>} */ attributes) => make(name ? "th" : "td", name ? attributes : {}, name);
  const cells = Array.from({ length: count }, () => columns.map((_, i) => (i ? make("td") : make("th", { scope: "row" }))));
  const lines = cells.map((row) => line(...row));
  const above = groups.length ? [line(make("td"), ...groups.map((name) => top(name, { scope: "colgroup", colspan: (columns.length - 1) / groups.length })))] : [];
  return {
    node: make("table", { "aria-label": label }, make("thead", {}, ...above, line(...columns.map((name) => top(name, { scope: "col" })))), make("tbody", {}, ...lines)),
    draw(texts, marked = -1) {
      lines.forEach((row, k) => {
        if (row.hidden === !!texts[k]) row.hidden = !texts[k];
        set(row, { class: k === marked ? "on" : "" });
        texts[k]?.forEach((text, i) => write(cells[k][i], text));
      });
    },
  };
}

/**
 * A heading: a title, with the colour of its method if it is one, and what is said beside it.
 * @param {string} title
 * @param {{colour?: string, beside?: (Node|string)[]}} [options]
 * @returns {HTMLElement}
 */
export const head = (title, { colour, beside = [] } = {}) =>
  make("div", { class: "head" }, make("span", {}, ...(colour ? [bullet(colour)] : []), title), ...beside);

/**
 * An entry of a legend.
 * @param {string} text
 * @param {string} colour
 * @param {string} [dash]
 * @returns {HTMLElement}
 */
export const key = (text, colour, dash) => make("small", {}, swatch(colour, dash), text);

/**
 * A sentence for each method under its name, side by side where there is room.
 * @param {Object<string, string>} labels
 * @param {string[]} methods
 * @param {number} [lines] for how many there is room, so that nothing below jumps
 * @returns {{node: HTMLElement, layout: (width: number) => void, draw: (texts: string[], given?: string[]) => string}}
 *   `draw` takes the sentences, and what stands beside the names, and returns all of it in one
 */
export function verdicts(labels, methods, lines = 3) {
  const names = methods.map((m) => labels[`method.${m}`]);
  const beside = methods.map(() => make("small"));
  const words = methods.map(() => make("p", { class: "status", style: "margin:0" }));
  const node = make("div", { class: "panels below" }, ...methods.map((m, i) => make("div", {}, head(names[i], { colour: `var(--${m})`, beside: [beside[i]] }), words[i])));
  return {
    node,
    layout(width) {
      const columns = width < 620 ? 1 : methods.length;
      node.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
      words.forEach((p) => { p.style.minHeight = `${1.5 * (width < 360 * columns ? lines + 1 : lines)}em`; });
    },
    draw(texts, given = []) {
      texts.forEach((text, i) => {
        write(words[i], text.replace(/ ([=<>]) /g, "\u00a0$1\u00a0"));
        write(beside[i], given[i] ?? "");
      });
      return texts.map((text, i) => `${names[i]}: ${text}`).join(". ");
    },
  };
}
