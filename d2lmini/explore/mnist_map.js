// Real training runs on MNIST: a map with a cell for each learning rate and momentum, and the loss
// curves of two of the runs, A and B.
import { after } from "./_after.js";
import { head, key, presets, table } from "./_controls.js";
import { clamp, fill, fixed, make, num, prose, set, write } from "./_figure.js";
import { grip } from "./_grip.js";
import { curve, log10, plot } from "./_plot.js";
import { explorable } from "./_stage.js";

/** What a link to a setting holds, and the range of each number. */
export const state = { eta: [0.005, 2], beta: [0, 0.99], pinned: [0, 2], steps: [10, 10000] };

const FLOOR = 0.0003; // the loss from which on cells are darkest, as in mnist_map.py
const HALF = 0.15; // of a cell on the border, in decades
const LINES = [0.01, 0.1, 1, 10, 100];
const NAMES = ["A", "B"];
// Of A, of B, and of the cell under the pointer.
const PENS = ["var(--accent)", "var(--ink)", "var(--muted)"];
const WIDTHS = [2.5, 2.5, 1.25];
const BROKEN = ["none", "6 4", "none"];

/** Settings with a story: its name, η and β of A, η and β of B. */
const PRESETS = /** @type {[string, number, number, number, number][]} */ ([["same_step", 0.01, 0.9, 0.1, 0], ["same_eta", 0.01, 0.9, 0.01, 0], ["beyond", 0.2, 0.9, 2, 0], ["early", 0.02, 0.99, 0.2, 0.9]]);

/**
 * @typedef {{eta: number, beta: number, loss: number[], reached: number|null, diverged: number|null,
 *   accuracy: number|null}} Run a run; its losses end early where it diverged
 */

/** Where a pair stands on the map, whose axes are log η and −log(1 − β). */
export const spot = (/** @type {number} */ eta, /** @type {number} */ beta) => [Math.log10(Math.max(eta, 1e-9)), -Math.log10(Math.max(1 - beta, 1e-9))];

/** The step of gradients that do not change. */
export const effective = (/** @type {{eta: number, beta: number}} */ { eta, beta }) => eta / (1 - beta);

/** The index of the number that is nearest to a value, the first of two. */
export const nearest = (/** @type {number[]} */ numbers, /** @type {number} */ value) =>
  numbers.reduce((best, v, i) => (Math.abs(v - value) < Math.abs(numbers[best] - value) ? i : best), 0);

/** The index of the point of a curve that is nearest to a number of minibatches. */
export const moment = (/** @type {number[]} */ steps, /** @type {number} */ n) => nearest(steps.map(Math.log), Math.log(n));

/** How dark a cell is, from 0 for the loss of guessing to 1. */
export const shade = (/** @type {number} */ loss, /** @type {number} */ guessing) => clamp(Math.log(guessing / loss) / Math.log(guessing / FLOOR), 0, 1);

/**
 * The effective step of the first of two runs over that of the second, and how many times as many
 * minibatches the second needs; NaN where one of them never gets there.
 * @param {Run[]} two
 */
export const compare = ([a, b]) => ({ ratio: effective(a) / effective(b), gain: (b.reached ?? NaN) / (a.reached ?? NaN) });

/** How much colour a shade is: the lightest cell is still a cell. */
const blue = (/** @type {number} */ share) => ({ fill: "var(--momentum)", "fill-opacity": 0.06 + 0.9 * share });
const count = (/** @type {number} */ n) => num(n, fixed(0));
const setup = (/** @type {{eta: number, beta: number}} */ { eta, beta }) => `η = ${num(eta)}, β = ${num(beta)}`.replaceAll(" = ", "\u00a0=\u00a0");

/** @param {any} context */
function mount({ model, labels, initial, change, say }) {
  const { data, etas, betas, steps, target, guessing, runs } = model.get("_runs");
  const last = steps.length - 1;
  const word = (/** @type {string} */ name, values = {}) => fill(labels[`mnist_map.${name}`], { target, total: steps[last], ...values });
  const xs = etas.map((/** @type {number} */ e) => spot(e, 0)[0]);
  const ys = betas.map((/** @type {number} */ b) => spot(1, b)[1]);
  // Cells end half way to their neighbours; those on the border are as wide as in the middle.
  const middle = (/** @type {number[]} */ c, /** @type {number} */ i) => (i > 0 && i < c.length ? (c[i - 1] + c[i]) / 2 : c[i && i - 1] + (i ? HALF : -HALF));
  const bounds = [xs, ys].map((c) => [middle(c, 0), middle(c, c.length)]);
  const near = ([x, y]) => [nearest(xs, x), nearest(ys, y)];
  const run = (/** @type {number[]} */ [i, j]) => runs[i * betas.length + j];
  const path = (/** @type {string} */ stroke, dash = "none") => make("svg:path", { stroke, "stroke-dasharray": dash });

  // The map.
  const map = plot({ label: labels["mnist_map.map"], role: "group", framed: true });
  const tags = make("svg:g");
  const cells = runs.map((/** @type {Run} */ r) => make("svg:rect", { rx: 2, onpointerenter: () => hover(r), onclick: () => move(0, near(spot(r.eta, r.beta))) }));
  const crosses = path("var(--gd)");
  const lines = path("var(--ink)", "4 3");
  const line = path(PENS[0]);
  const frames = PENS.map((stroke, n) => make("svg:rect", { rx: 3, stroke, "stroke-width": WIDTHS[n], "stroke-dasharray": BROKEN[n] }));
  // What lies above the cells lets the pointer through.
  const above = { fill: "none", "pointer-events": "none", "stroke-width": 1.5 };
  map.marks.append(...cells, make("svg:g", above, crosses, lines, line));
  const at = (/** @type {number} */ n) => near(n ? spot(...model.get("pinned")) : spot(model.get("eta"), model.get("beta")));
  const move = (/** @type {number} */ n, /** @type {number[]} */ p) => {
    const [eta, beta] = [etas, betas].map((list, k) => list[clamp(Math.round(p[k]), 0, list.length - 1)]);
    change(n ? { pinned: [eta, beta] } : { eta, beta });
  };
  const grips = NAMES.map((name, n) => {
    const handle = grip({
      label: name, colour: "none", step: [1, 1], get: () => at(n), put: (p) => move(n, p), home: () => change(n ? { pinned: initial.pinned } : { eta: initial.eta, beta: initial.beta }),
      toData: (x, y) => near(map.toData(x, y)), text: (p) => setup(run(p)),
    });
    handle.node.append(make("svg:text", { class: "tag", "text-anchor": "middle", y: 4 }, name));
    return handle;
  });
  set(map.node, { onpointerleave: () => hover() });
  map.over.append(make("svg:g", above, tags, ...frames), grips[1].node, grips[0].node);
  const box = (/** @type {number[]} */ [i, j], gap = 1) => {
    const [[x, y], [right, bottom]] = [map.place([middle(xs, i), middle(ys, j + 1)]), map.place([middle(xs, i + 1), middle(ys, j)])];
    return { x: x + gap, y: y + gap, width: right - x - 2 * gap, height: bottom - y - 2 * gap };
  };
  /** Where the effective step is s: a line that falls to the right, out of the picture on both sides. */
  const level = (/** @type {number} */ s) => `M${bounds[0].map((x) => map.place([x, Math.log10(s) - x]).join(" ")).join("L")}`;

  // The curves.
  const chart = plot({ label: labels["mnist_map.curves"], log: [true, true] });
  const present = path("var(--ink)");
  const curves = PENS.map((colour, n) => curve(colour, { dash: BROKEN[n], width: WIDTHS[n], dots: 0 }));
  chart.marks.append(...curves.map((c) => c.node), present);
  const trace = (/** @type {Run} */ r) => r.loss.map((v, m) => [Math.log10(steps[m]), log10(v, -9)]);

  const when = make("small");
  const source = make("p", { class: "status" });
  const told = make("p", { class: "status" });
  const list = table(labels["mnist_map.curves"], ["", ...["step", "reached", "loss", "accuracy"].map((name) => word(name))], 2);
  const scale = make("svg:svg", { width: 120, height: 12, class: "swatch", "aria-hidden": "true" },
    ...runs.slice(0, 12).map((_, k) => make("svg:rect", { ...blue(k / 11), x: 10 * k, width: 10, height: 12 })));
  const legend = make("p", { class: "status" }, `${num(guessing)} `, scale, `${FLOOR}; `, make("b", { style: "color:var(--gd)" }, "× "), word("failed"));
  const panels = make("div", { class: "panels" },
    make("div", {}, head(labels["mnist_map.map"], { beside: [when] }), map.node, make("div", {}, legend, source)),
    make("div", {}, head(labels["mnist_map.curves"], { beside: NAMES.map((name, n) => key(name, PENS[n], BROKEN[n])) }), chart.node, told));
  const bar = presets({ labels, initial, change }, PRESETS.map(([name, eta, beta, ...pinned]) => ({ name, text: word(`preset.${name}`), values: { eta, beta, pinned, steps: name === "early" ? 300 : steps[last] } })), labels["mnist_map.hint"]);

  /** What became of a run, in short. */
  const sum = (/** @type {Run} */ r) =>
    word(r.reached ? "reaches" : r.loss[last] < guessing ? "misses" : "guesses", { n: r.reached });
  /** What A and B have to do with each other. */
  const sentence = (/** @type {Run[]} */ two) => {
    if (two[0] === two[1]) return word("same");
    const { ratio, gain } = compare(two);
    const parts = [Math.abs(ratio - 1) < 0.01 ? word("equal", { step: num(effective(two[0])) }) : word("ratio", { ratio: num(ratio) })];
    if (gain) parts.push(word("gain", { ratio: num(gain) }));
    else two.forEach((r, k) => parts.push(word("each", { name: NAMES[k], what: sum(r) })));
    return prose(...parts);
  };
  /** Show the loss curve and the numbers of the cell under the pointer. */
  const hover = (/** @type {Run=} */ r) => {
    set(frames[2], { visibility: r ? "visible" : "hidden", ...(r ? box(near(spot(r.eta, r.beta))) : {}) });
    curves[2].draw(r ? trace(r) : [], chart);
    write(source, r ? `${setup(r)}: ${sum(r)}` : word("source", { data }));
  };

  return {
    nodes: [bar, panels, list.node],
    layout(/** @type {number} */ width) {
      const columns = width < 620 ? 1 : 2;
      panels.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
      const each = (width - 24 * (columns - 1)) / columns;
      const tall = Math.round(clamp(each * 0.82, 250, 340));
      map.layout(each, tall, bounds);
      const bottom = map.place([0, bounds[1][0]])[1];
      const text = (/** @type {number} */ v, /** @type {Object<string, any>} */ place) => make("svg:text", place, num(v));
      map.axes.replaceChildren(
        ...etas.map((/** @type {number} */ e, /** @type {number} */ i) => text(e, { x: map.place([xs[i], 0])[0], y: bottom + 15, "text-anchor": "middle", opacity: i % 2 && each < 340 ? 0 : 1 })),
        ...betas.map((/** @type {number} */ b, /** @type {number} */ j) => text(b, { x: map.area.left - 5, y: map.place([0, ys[j]])[1] + 5, "text-anchor": "end" })),
        make("svg:text", { class: "var", x: each - 3, y: bottom + 26, "text-anchor": "end" }, "η"), make("svg:text", { class: "var", x: 3, y: 11 }, "β"));
      tags.replaceChildren(...LINES.map((s) => {
        const x = Math.max(bounds[0][0], Math.log10(s) - bounds[1][1]);
        const [left, top] = map.place([x, Math.log10(s) - x]);
        return text(s, { x: left + 7, y: top + 14, class: "tag" });
      }));
      runs.forEach((/** @type {Run} */ r, /** @type {number} */ n) => set(cells[n], box(near(spot(r.eta, r.beta)))));
      set(lines, { d: LINES.map(level).join("") });
      chart.layout(each, tall, [[1, Math.log10(steps[last])], [-4, 1]]);
      // Room for the longest sentence, so that nothing below it jumps.
      [told, source].forEach((p) => { p.style.minHeight = each < 340 ? "6em" : "4.5em"; });
      hover();
    },
    draw({ steps: wanted }) {
      const m = moment(steps, wanted);
      const pair = [at(0), at(1)];
      const two = pair.map(run);
      const failed = (/** @type {Run} */ r) => !(r.loss[m] < guessing);
      runs.forEach((/** @type {Run} */ r, /** @type {number} */ n) => set(cells[n], failed(r) ? { fill: "var(--gd)", "fill-opacity": 0.14 } : blue(shade(r.loss[m], guessing))));
      set(crosses, { d: runs.filter(failed).map((/** @type {Run} */ r) => `M${map.place(spot(r.eta, r.beta)).join(" ")}m-5-5l10 10m0-10l-10 10`).join("") });
      set(line, { d: level(effective(two[0])) });
      two.forEach((r, k) => {
        set(frames[k], box(pair[k], 0));
        grips[k].place(map.place(spot(r.eta, r.beta)), [etas, betas].map((list) => [0, list.length - 1]));
        curves[k].draw(trace(r), chart);
      });
      set(present, { d: `M${chart.place([Math.log10(steps[m]), 0])[0]} 0v999` });
      after(told, () => {
        write(when, word("after", { n: count(steps[m]) }));
        list.draw(two.map((r, k) => [`${NAMES[k]}: ${setup(r)}`, num(effective(r)), r.reached ? count(r.reached) : "–", failed(r) ? "×" : num(r.loss[m]), r.accuracy === null ? "×" : fill(labels["explore.percent"], { n: num(100 * r.accuracy, fixed(1)) })]));
        write(told, sentence(two));
        say(`${when.textContent}: ${told.textContent}`);
      });
    },
  };
}

const render = explorable({ state, rebuild: ["_runs"], mount });

export default { render };
