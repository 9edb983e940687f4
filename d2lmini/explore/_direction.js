// What momentum does along directions of one curvature each: its words, its path, and its roots in
// the complex plane, against the unit circle, within which it converges.
import { after } from "./_after.js";
import { rate, regime, roots } from "./_descent.js";
import { clamp, fixed, make, num, set, shifted, write } from "./_figure.js";
import { curve, plot } from "./_plot.js";

const TALL = 1.2;
const ARROW = "M-6 0L5 -6V6Z";

/** How directions are told apart, the flattest first: the colour, the dashes, the mark of a root. */
export const DIRECTIONS = [
  { ink: "var(--accent)", dash: "none", mark: "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0Z" },
  { ink: "var(--ink)", dash: "6 3", mark: "M0 -6.5L6.5 0L0 6.5L-6.5 0Z" },
];

/** "ρ = 0.845", with more digits where these are the ones that matter. */
export const rho = (/** @type {number} */ r, digits = 3) => `ρ\u00a0=\u00a0${num(r, fixed(Math.abs(r - 1) < 5e-4 ? 6 : digits))}`;

const four = (/** @type {number} */ v) => num(v, { maximumFractionDigits: 4 });

/** "η = 0.6, β = 0.5" of what is given, to four digits. */
export const setting = (/** @type {number} */ eta, /** @type {number} */ beta) => `η\u00a0=\u00a0${four(eta)}, β\u00a0=\u00a0${four(beta)}`;

/** The rate on several eigenvalues, that of the slowest. */
export const slowest = (/** @type {number[]} */ lams, /** @type {number} */ eta, /** @type {number} */ beta) => Math.max(...lams.map((lam) => rate(lam, eta, beta)));

/**
 * The unit circle, the circle of radius √β, and the roots of the ends of a spectrum; those of all
 * eigenvalues between them are a line. A root beyond the picture stands at its edge, as an arrow.
 * @param {string} label
 * @returns {{node: SVGElement, layout: (width: number, height: number) => void,
 *   draw: (lams: number[], eta: number, beta: number) => void}}
 */
export function rootPlane(label) {
  const area = plot({ label, names: ["Re", "Im"], framed: true });
  const [unit, inner] = ["1", "3 3"].map((dash, i) => make("svg:circle", { fill: "none", stroke: i ? "var(--momentum)" : "var(--muted)", "stroke-width": 1.5, "stroke-dasharray": i ? dash : "none" }));
  const between = [0, 1].map(() => curve("var(--contour)", { width: 3, dots: 0 }));
  const marks = DIRECTIONS.map(({ ink }) => [0, 1].map(() => make("svg:path", { fill: ink, stroke: "var(--paper)" })));
  const name = make("svg:text", { style: "fill:var(--momentum)" }, "√β");
  area.marks.append(unit, ...between.map((c) => c.node), inner);
  area.over.append(name, ...marks.flat());
  return {
    node: area.node,
    layout(width, height) {
      const box = [[-TALL, TALL], [-TALL, TALL]];
      area.layout(width, height, box);
      box[0] = [-1, 1].map((side) => (side * TALL * area.area.width) / area.area.height);
      area.layout(width, height, box);
    },
    draw(lams, eta, beta) {
      const [cx, cy] = area.place([0, 0]);
      const [r, size] = [area.place([1, 0])[0] - cx, Math.sqrt(beta)];
      set(unit, { cx, cy, r });
      set(inner, { cx, cy, r: size * r });
      set(name, { x: cx + 0.71 * size * r + 4, y: cy - 0.71 * size * r - 3 });
      // The double roots are among them, so that lines which meet there do.
      const ends = [lams[0], lams[lams.length - 1]];
      const all = Array.from({ length: 41 }, (_, k) => (k ? ends[0] * (ends[1] / ends[0]) ** (k / 40) : clamp((1 - size) ** 2 / eta, ends[0], ends[1])));
      all.push(ends[0], clamp((1 + size) ** 2 / eta, ends[0], ends[1]));
      const found = all.sort((p, q) => p - q).map((lam) => roots(lam, eta, beta));
      between.forEach((c, i) => c.draw(found.map((both) => both[i]), area));
      const low = area.box[0][0] + 0.1;
      lams.forEach((lam, i) => roots(lam, eta, beta).forEach(([re, im], k) => {
        const [x, y] = area.place([clamp(re, low, 9), im]);
        set(marks[i][k], { d: re < low ? ARROW : DIRECTIONS[i].mark, transform: shifted([x, y]) });
      }));
    },
  };
}

/**
 * The path along one direction, under its curvature, its regime and its rate.
 * @param {any} labels
 * @param {{label: string, lam: string, steps: number, i?: number}} options the name of what is drawn, of its
 *   coordinate and curvature; which of DIRECTIONS it is
 */
export function pathCard(labels, { label, lam, steps, i = 0 }) {
  const { ink, dash, mark } = DIRECTIONS[i];
  const area = plot({ label, names: ["t"], whole: [true, false] });
  const line = curve(ink, { dash });
  const [title, beside] = [make("span"), make("small")];
  const sign = make("svg:svg", { class: "swatch", width: 14, height: 14, viewBox: "-7 -7 14 14", "aria-hidden": "true" }, make("svg:path", { d: mark, fill: ink }));
  area.marks.append(line.node);
  return {
    nodes: [make("div", { class: "head", style: "margin:.5rem 0 0;gap:0 .5rem;font-size:.8125rem" }, make("span", {}, sign, title), beside), area.node],
    layout: (/** @type {number} */ width, /** @type {number} */ height, half = 2) => area.layout(width, height, [[0, steps], [-half, half]]),
    /** Draw x over its steps; return what gives the words. */
    draw(/** @type {number[]} */ x, /** @type {number} */ value, /** @type {number} */ eta, /** @type {number} */ beta) {
      line.draw(x.map((v, t) => [t, v]), area);
      // Critical is what is so to the digits that are shown.
      const texts = () => [`${lam}\u00a0=\u00a0${num(value)}: ${labels[`explore.regime.${regime(value, eta, beta, 5e-4)}`]}`, rho(rate(value, eta, beta))];
      after(title, () => texts().forEach((text, k) => write([title, beside][k], text)));
      return () => texts().join(", ");
    },
  };
}

/**
 * A large part, and what belongs to it beside it or, where that is too narrow, below.
 * @param {Node[]} large
 * @param {Node[]} more
 * @returns {{node: HTMLElement, layout: (width: number) => number[]}} `layout` returns both widths
 */
export function columns(large, more) {
  const node = make("div", { style: "display:grid;gap:1rem 1.5rem" }, make("div", {}, ...large), make("div", {}, ...more));
  return {
    node,
    layout(width) {
      const left = width < 620 ? width : Math.floor((width - 24) * 0.58);
      const right = width < 620 ? width : width - 24 - left;
      node.style.gridTemplateColumns = width < 620 ? "100%" : `${left}px ${right}px`;
      return [left, right];
    },
  };
}
