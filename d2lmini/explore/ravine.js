// The ravine: gradient descent beside momentum on f(x) = ½(λ₁x₁² + λ₂x₂²), from one start point.
import { loss, optimum, rate, trajectory } from "./_descent.js";
import { bullet, clamp, fill, fixed, grip, logChart, make, num, set, stage, swatch, ticks, trail } from "./_figure.js";

/** What a link to a setting holds, and the range of each number. */
export const state = { eta: [0, 1], beta: [0, 0.99], start: [-100, 100] };

/**
 * What a setting does, told by the slowest of the directions in which it starts.
 * A coordinate that starts at 0 stays there, however large its rate is.
 * @param {{eta: number, beta: number, lams: number[], start: number[]}} setting
 * @returns {{kind: "rest"|"still"|"diverges"|"swings"|"converges", axis: number, rho: number, factor: number}}
 */
export function outcome({ eta, beta, lams, start }) {
  const rates = lams.map((lam, i) => (start[i] === 0 ? 0 : rate(lam, eta, beta)));
  const rho = Math.max(...rates);
  const axis = rates.indexOf(rho);
  // Beyond the stable range the root of largest modulus is real and negative, for every β < 1.
  const told = { axis, rho, factor: beta === 0 ? 1 - eta * lams[axis] : -rho };
  if (start.every((v) => v === 0)) return { kind: "rest", ...told };
  if (eta === 0) return { kind: "still", ...told };
  if (Math.abs(rho - 1) < 1e-9) return { kind: "swings", ...told };
  return { kind: rho > 1 ? "diverges" : "converges", ...told };
}

const AXES = ["x₁", "x₂"];

/**
 * The sentence under a panel.
 * @param {Object<string, string>} labels
 * @param {any} setting
 * @param {number[][]} x
 * @returns {string}
 */
function sentence(labels, setting, x) {
  const { kind, axis, rho, factor } = outcome(setting);
  const end = x[x.length - 1];
  const label = kind === "diverges" && setting.beta > 0 ? "diverges_later" : kind;
  return fill(labels[`ravine.${label}`], {
    axis: AXES[axis],
    // Near 1 the next digits are the ones that matter.
    rate: num(rho, fixed(Math.abs(rho - 1) < 5e-4 ? 6 : 3)),
    factor: num(factor, fixed(Math.abs(rho - 1) < 5e-3 ? 4 : 2)),
    value: num(end[axis], fixed(2)),
    steps: x.length - 1,
    loss: num(loss(end, setting.lams), { maximumSignificantDigits: 2 }),
  }).replaceAll(" = ", "\u00a0=\u00a0");
}

const SIGNS = { eta: "η", beta: "β" };

/** "η = 0.6, β = 0.5" of what is given. */
const setup = (/** @type {Object<string, number>} */ values) =>
  Object.entries(values).map(([key, v]) => `${SIGNS[key]} = ${num(v, { maximumFractionDigits: 4 })}`).join(", ");

/**
 * One method on its contours.
 * @param {{title: string, colour: string, id: string, point: any}} options
 */
function panel({ title, colour, id, point }) {
  const ground = make("svg:g");
  const line = make("svg:path", { fill: "none", stroke: colour, "stroke-width": 1.5, "stroke-linejoin": "round", opacity: 0.6 });
  const halo = make("svg:path", { fill: "none", stroke: "var(--paper)", "stroke-width": 7.5, "stroke-linecap": "round" });
  const dots = make("svg:path", { fill: "none", stroke: colour, "stroke-width": 5.5, "stroke-linecap": "round" });
  const last = make("svg:circle", { r: 4.5, fill: colour, stroke: "var(--paper)", "stroke-width": 1.5 });
  const arrow = make("svg:path", { d: "M4 0L-7 -5L-4.5 0L-7 5Z", fill: colour });
  const words = make("svg:text", { style: "paint-order:stroke;stroke-width:4px;stroke-linejoin:round;font-weight:600" });
  words.style.fill = colour;
  words.style.stroke = "var(--paper)";
  const leave = make("svg:g", {}, arrow, words);
  const node = make("svg:svg", { role: "group", "aria-label": title });
  let place = (/** @type {number[]} */ p) => p;
  let toData = (/** @type {number} */ x, /** @type {number} */ y) => [x, y];
  let box = [[-1, 1], [-1, 1]];
  let width = 0;
  const handle = grip({ ...point, label: `${point.label}, ${title}`, colour, toData: (x, y) => toData(x, y) });
  node.append(ground, line, halo, dots, last, leave, handle.node);

  return {
    node,
    layout(/** @type {number} */ w, /** @type {number[]} */ half, /** @type {number[]} */ lams) {
      width = w;
      box = half.map((h) => [-h, h]);
      const marks = box.map(([low, high]) => ticks(low, high, 4));
      const left = 10 + 7.5 * Math.max(...marks[1].map((v) => num(v).length));
      const [top, bottom] = [6, 26];
      const inner = w - left;
      const tall = Math.round(clamp(inner * 0.62, 170, 320));
      place = ([x, y]) => [left + ((x / half[0] + 1) * inner) / 2, top + ((1 - y / half[1]) * tall) / 2];
      toData = (x, y) => [(((x - left) * 2) / inner - 1) * half[0], (1 - ((y - top) * 2) / tall) * half[1]];
      set(node, { width: w, height: top + tall + bottom, viewBox: `0 0 ${w} ${top + tall + bottom}` });

      const [cx, cy] = place([0, 0]);
      const most = loss(half, lams);
      const parts = [];
      const frame = { x: left, y: top, width: inner, height: tall, rx: 4 };
      parts.push(make("svg:clipPath", { id }, make("svg:rect", frame)));
      const rings = make("svg:g", { "clip-path": `url(#${id})`, stroke: "var(--contour)" });
      rings.append(make("svg:rect", { ...frame, stroke: "none", fill: "var(--contour)", opacity: 0.09 }));
      const count = 11;
      for (let k = count; k >= 1; k--) {
        // Levels that grow like k² give ellipses an equal distance apart.
        const level = most * (k / count) ** 2;
        const [rx, ry] = lams.map((lam, i) => (Math.sqrt((2 * level) / lam) / half[i]) * (i ? tall : inner) / 2);
        rings.append(make("svg:ellipse", { cx, cy, rx, ry, fill: "none", opacity: 0.95 - (0.65 * k) / count }));
      }
      parts.push(rings);
      for (const v of marks[0]) parts.push(make("svg:text", { x: place([v, 0])[0], y: top + tall + 17, "text-anchor": "middle" }, num(v)));
      for (const v of marks[1]) parts.push(make("svg:text", { x: left - 6, y: place([0, v])[1] + 4, "text-anchor": "end" }, num(v)));
      parts.push(make("svg:text", { class: "var", x: left + inner - 8, y: top + tall - 8, "text-anchor": "end" }, AXES[0]));
      parts.push(make("svg:text", { class: "var", x: left + 8, y: top + 18 }, AXES[1]));
      parts.push(make("svg:path", { d: `M${cx - 6} ${cy}h12M${cx} ${cy - 6}v12`, stroke: "var(--ink)", "stroke-width": 1.5, "stroke-linecap": "round" }));
      ground.replaceChildren(...parts);
    },
    draw(/** @type {number[][]} */ x, /** @type {string} */ step) {
      const path = trail(x, box, place);
      set(line, { d: path.line });
      set(dots, { d: path.dots });
      set(halo, { d: path.dots });
      const end = x[x.length - 1];
      const shown = end.every((v, i) => Math.abs(v) <= box[i][1]);
      set(last, shown ? { cx: place(end)[0], cy: place(end)[1], visibility: "visible" } : { visibility: "hidden" });
      set(leave, { visibility: path.exit ? "visible" : "hidden" });
      if (path.exit) {
        const { at, angle, step: n } = path.exit;
        words.textContent = fill(step, { n });
        set(arrow, { transform: `translate(${at[0]} ${at[1]}) rotate(${(angle * 180) / Math.PI})` });
        const right = at[0] > width - 70;
        set(words, { x: at[0] + (right ? -10 : 10), y: clamp(at[1] + 4, place([0, box[1][1]])[1] + 15, place([0, box[1][0]])[1] - 8), "text-anchor": right ? "end" : "start" });
      }
      const start = place(x[0]);
      handle.place(start, box);
    },
  };
}

let instances = 0;

/**
 * Draw the figure for the present labels, methods, steps and curvatures.
 * @param {any} model
 * @param {HTMLElement} el
 * @param {Object<string, any>} initial what "reset" goes back to
 * @returns {() => void}
 */
function mount(model, el, initial) {
  const labels = model.get("labels");
  const methods = model.get("methods");
  const names = methods.map((/** @type {string} */ m) => labels[`method.${m}`]);
  const colours = methods.map((/** @type {string} */ m) => `var(--${m})`);
  const id = `mmx-ravine-${++instances}`;
  let half = [6, 3.2];

  const change = (/** @type {Object<string, any>} */ values) => {
    for (const [key, value] of Object.entries(values)) model.set(key, value);
    model.save_changes();
  };
  const round = (/** @type {number} */ v) => Number(v.toFixed(3));
  const point = {
    label: labels["explore.start"],
    step: 0.1,
    get: () => model.get("start"),
    put: (/** @type {number[]} */ p) => change({ start: p.map((v, i) => round(clamp(v, -half[i], half[i]))) }),
    home: () => change({ start: initial.start }),
    text: (/** @type {number[]} */ p) => p.map((v, i) => `${AXES[i]} = ${num(v, { maximumFractionDigits: 2 })}`).join(", "),
  };
  const panels = methods.map((/** @type {string} */ _, /** @type {number} */ i) => panel({ title: names[i], colour: colours[i], id: `${id}-${i}`, point }));
  const told = methods.map(() => make("p", { class: "status" }));
  // JupyterLab rounds what stands beside its sliders to their step; here it stands in full.
  const given = methods.map(() => make("small"));
  const lams = model.get("lams");
  const steps = model.get("steps");
  const chart = logChart({ steps, label: labels["ravine.loss"], colours });

  const { root, redraw, say, close } = stage(el, {
    layout(width) {
      const wide = methods.length > 1 && width >= 620;
      grid.classList.toggle("wide", wide);
      const each = wide ? (width - 32) / 2 : width;
      panels.forEach((/** @type {any} */ p) => p.layout(each, half, lams));
      // Room for the longest sentence, so that nothing below it jumps while a slider moves.
      told.forEach((/** @type {HTMLElement} */ p) => { p.style.minHeight = each < 340 ? "4.5em" : "3em"; });
      const top = Math.ceil(Math.log10(loss(half, lams))) + 1;
      chart.layout(width, [top - 9, top]);
    },
    draw() {
      const [eta, beta, start] = Object.keys(state).map((key) => model.get(key));
      const grown = half.map((h, i) => (Math.abs(start[i]) > h ? Math.abs(start[i]) * 1.2 : h));
      if (grown.some((h, i) => h !== half[i])) {
        half = grown;
        this.layout(root.clientWidth);
      }
      const losses = methods.map((/** @type {string} */ method, /** @type {number} */ i) => {
        const setting = { eta, beta: method === "gd" ? 0 : beta, lams, start, steps };
        const { x } = trajectory(setting);
        panels[i].draw(x, labels["explore.step"]);
        given[i].textContent = setup(method === "gd" ? { eta } : { eta, beta });
        told[i].textContent = sentence(labels, setting, x);
        return x.map((p) => loss(p, lams));
      });
      chart.draw(losses);
      say(told.map((/** @type {Element} */ p, /** @type {number} */ i) => `${names[i]}: ${p.textContent}`).join(" "));
    },
  });

  const best = optimum(Math.min(...lams), Math.max(...lams));
  const both = methods.includes("momentum");
  // Not rounded: near a double root the fourth digit of β shows in the third of the rate.
  const presets = [
    ["diverging", { eta: 2.4 / Math.max(...lams) }],
    ["best_gd", { eta: best.gd }],
    ["best_momentum", { eta: best.eta, beta: best.beta }],
    ["reset", initial],
  ].filter(([name, values]) => (both || name !== "best_momentum") && (methods.includes("gd") || name !== "best_gd") && values.eta <= 1);
  const bar = make("div", { class: "bar", role: "group", "aria-label": labels["explore.presets"] });
  for (const [name, values] of presets) {
    const text = labels[name === "reset" ? "explore.reset" : `ravine.preset.${name}`];
    const held = name === "reset" ? "" : ` ${setup(values)}`;
    bar.append(make("button", { type: "button", "data-preset": name, onclick: () => change(values) }, make("span", {}, text, make("i", {}, held))));
  }
  bar.append(make("span", { class: "end" }, labels["ravine.hint"]));

  const grid = make("div", { class: "panels" }, ...panels.map((/** @type {any} */ p, /** @type {number} */ i) =>
    make("div", {}, make("div", { class: "head" }, make("span", {}, bullet(colours[i]), names[i]), given[i]), p.node, told[i])));
  root.append(bar, grid, make("div", { class: "below" },
    make("div", { class: "head" }, make("span", {}, labels["ravine.loss"]),
      ...(methods.length > 1 ? colours.map((/** @type {string} */ c, /** @type {number} */ i) => make("small", {}, swatch(c, i === 0), names[i])) : []),
      make("small", {}, labels["ravine.log"])),
    chart.node));

  const keys = Object.keys(state);
  keys.forEach((key) => model.on(`change:${key}`, redraw));
  return () => {
    keys.forEach((key) => model.off(`change:${key}`, redraw));
    close();
  };
}

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const initial = Object.fromEntries(Object.keys(state).map((key) => [key, model.get(key)]));
  let close = mount(model, el, initial);
  // What the figure is built from may change too, from Python: then it is built anew.
  const rebuild = () => {
    close();
    close = mount(model, el, initial);
  };
  const keys = ["labels", "methods", "steps", "lams"];
  keys.forEach((key) => model.on(`change:${key}`, rebuild));
  return () => {
    keys.forEach((key) => model.off(`change:${key}`, rebuild));
    close();
  };
}

export { loss, rate, trajectory };
export default { render };
